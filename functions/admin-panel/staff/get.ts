import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { directory, endpoint, staff } from "../../../lib/runtime.ts";
import { managedStaff } from "../../../lib/staff/managed.ts";
import { StaffInfo } from "../../../lib/staff/rules.ts";
import { staffInfo } from "../../../lib/staff/views.ts";

/** GET /v1/admin-panel/staff/{id} */
export const handler = endpoint({
  guard: staff({ admin: "support_management" }),
  path: z.object({ id: idCodec }),
  reply: StaffInfo,
  run: async ({ staff: manager, path }) =>
    staffInfo(await managedStaff({ directory }, manager, path.id)),
});
