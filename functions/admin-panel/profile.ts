import { endpoint, staff } from "../../lib/runtime.ts";
import { AdminInfo } from "../../lib/staff/rules.ts";
import { adminInfo } from "../../lib/staff/views.ts";

/** GET /v1/admin-panel/profile */
export const handler = endpoint({
  guard: staff({ admin: true }),
  reply: AdminInfo,
  run: ({ staff: me, role }) => adminInfo(me, role),
});
