import { deleteAccount } from "../../lib/accounts/delete-account.ts";
import { Deletion } from "../../lib/accounts/rules.ts";
import { Done, done } from "../../lib/http/done.ts";
import { endpoint, owners, passwords, session, settings } from "../../lib/runtime.ts";

/** DELETE /v1/users/account */
export const handler = endpoint({
  guard: session({ proves: true }),
  body: Deletion,
  reply: Done,
  fails: ["WRONG_PASSWORD", "LOGIN_LOCKED", "TOO_MANY_ATTEMPTS"],
  run: async ({ account, proof, body: { password, reason }, request }) => {
    await deleteAccount(
      { owners, passwords, settings },
      { account, password, proof, reason, request },
    );
    return done("Your account is closed.");
  },
});
