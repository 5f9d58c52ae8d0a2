import { directory, endpoint, staff } from "../../../lib/runtime.ts";
import { managedKinds } from "../../../lib/staff/managed.ts";
import { StaffList, StaffQuery } from "../../../lib/staff/rules.ts";
import { staffInfo } from "../../../lib/staff/views.ts";

/** GET /v1/admin-panel/staff: those whom the caller manages */
export const handler = endpoint({
  guard: staff({ admin: "support_management" }),
  query: StaffQuery,
  reply: StaffList,
  run: async ({ staff: manager, query: { page, page_size: size, kind } }) => {
    const kinds = managedKinds(manager).filter((one) => kind === undefined || one === kind);
    const { found, total } = await directory.list({ kinds, page, size });
    return { staff: found.map(staffInfo), total_count: total, page, page_size: size };
  },
});
