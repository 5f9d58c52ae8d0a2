import { deleteAccount } from "../../lib/accounts/delete-account.ts";
import { Deletion } from "../../lib/accounts/rules.ts";
import { Done, done } from "../../lib/http/done.ts";
import { endpoint, owners, proving, session } from "../../lib/runtime.ts";

/** DELETE /v1/users/account */
export const handler = endpoint({
  guard: session(),
  body: Deletion,
  reply: Done,
  fails: ["WRONG_PASSWORD", "LOGIN_LOCKED", "TOO_MANY_ATTEMPTS"],
  run: async ({ account, body: { password, reason }, request }) => {
    await deleteAccount({ owners, ...proving }, { account, password, reason, request });
    return done("Your account is closed.");
  },
});
