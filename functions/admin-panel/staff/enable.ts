import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { directory, endpoint, staff } from "../../../lib/runtime.ts";
import { updateStaff } from "../../../lib/staff/update-staff.ts";

/** POST /v1/admin-panel/staff/{id}/enable: lets somebody sign in again */
export const handler = endpoint({
  guard: staff({ admin: "support_management" }),
  path: z.object({ id: idCodec }),
  reply: Done,
  fails: ["CHANGED_MEANWHILE"],
  run: async ({ staff: manager, path: { id }, request }) => {
    await updateStaff({ directory }, { manager, id, changes: { is_active: true }, request });
    return done("The member of staff may sign in again.");
  },
});
