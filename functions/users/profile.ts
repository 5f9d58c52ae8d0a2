import { Profile, profileOf } from "../../lib/accounts/profile.ts";
import { endpoint, session } from "../../lib/runtime.ts";

/** GET /v1/users/profile */
export const handler = endpoint({
  guard: session(),
  reply: Profile,
  run: ({ account, now }) => profileOf(account, now),
});
