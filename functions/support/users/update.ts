import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, mailer, postings, settings, staff, users } from "../../../lib/runtime.ts";
import { UserChanges } from "../../../lib/staff/users/rules.ts";
import { changeAsSupport } from "../../../lib/staff/users/support-changes.ts";

/** PUT /v1/support/users/{id} */
export const handler = endpoint({
  guard: staff({ support: "can_update_users" }),
  path: z.object({ id: idCodec }),
  body: UserChanges,
  reply: Done,
  fails: ["FIELDS_NOT_ALLOWED", "ALREADY_TAKEN", "CREDITS_OUT_OF_RANGE", "CHANGED_MEANWHILE"],
  run: async ({ path, body: changes, role: { staffLevel: level }, ...input }) => {
    await changeAsSupport(
      { users, postings, settings, mailer },
      { ...input, level, account: path.id, changes },
    );
    return done("The user is changed.");
  },
});
