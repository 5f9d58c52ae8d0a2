import { ProfileChanges } from "../../lib/accounts/rules.ts";
import { updateProfile } from "../../lib/accounts/update-profile.ts";
import { Done, done } from "../../lib/http/done.ts";
import { endpoint, profiles, session } from "../../lib/runtime.ts";

/** PUT /v1/users/profile */
export const handler = endpoint({
  guard: session(),
  body: ProfileChanges,
  reply: Done,
  run: async ({ account, body: changes, request }) => {
    await updateProfile({ profiles }, { account, changes, request });
    return done("Your profile is changed.");
  },
});
