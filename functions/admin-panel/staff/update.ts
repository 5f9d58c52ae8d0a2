import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { directory, endpoint, staff } from "../../../lib/runtime.ts";
import { StaffChanges } from "../../../lib/staff/rules.ts";
import { updateStaff } from "../../../lib/staff/update-staff.ts";

/** PUT /v1/admin-panel/staff/{id}: disables or enables, changes permissions or a level */
export const handler = endpoint({
  guard: staff({ admin: "support_management" }),
  path: z.object({ id: idCodec }),
  body: StaffChanges,
  reply: Done,
  fails: ["NOT_YOURSELF", "LAST_SUPER_ADMIN", "CHANGED_MEANWHILE"],
  run: async ({ staff: manager, path, body: changes, request }) => {
    await updateStaff({ directory }, { manager, id: path.id, changes, request });
    return done("The member of staff is changed.");
  },
});
