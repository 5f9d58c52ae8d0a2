import { endpoint, members, passwords, settings, staff } from "../../lib/runtime.ts";
import { createStaff } from "../../lib/staff/create-staff.ts";
import { Created, NewAdmin } from "../../lib/staff/rules.ts";

/** POST /v1/admin-panel/create-admin */
export const handler = endpoint({
  guard: staff({ admin: "super" }),
  body: NewAdmin,
  reply: Created,
  fails: ["ALREADY_TAKEN", "TOO_MANY_ATTEMPTS"],
  run: async ({ staff: creator, now, body, request }) => {
    const { is_super_admin: isSuperAdmin, permissions, ...newcomer } = body;
    const id = await createStaff(
      { members, passwords, settings },
      { newcomer, role: { kind: "admin", isSuperAdmin, permissions }, creator, now, request },
    );
    return { success: true as const, message: "The admin is made.", data: { id } };
  },
});
