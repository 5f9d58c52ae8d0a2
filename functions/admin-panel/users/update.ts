import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, mailer, postings, settings, staff, users } from "../../../lib/runtime.ts";
import { changeUser } from "../../../lib/staff/users/change-user.ts";
import { UserChanges } from "../../../lib/staff/users/rules.ts";

/** PUT /v1/admin-panel/users/{id} */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  body: UserChanges,
  reply: Done,
  fails: ["ALREADY_TAKEN", "CREDITS_OUT_OF_RANGE", "CHANGED_MEANWHILE"],
  run: async ({ staff, path, body: changes, request }) => {
    await changeUser(
      { users, postings, settings, mailer },
      { staff, account: path.id, changes, request },
    );
    return done("The user is changed.");
  },
});
