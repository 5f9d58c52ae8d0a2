import { endpoint, members, passwords, settings, staff } from "../../lib/runtime.ts";
import { createStaff } from "../../lib/staff/create-staff.ts";
import { Created, NewSupport } from "../../lib/staff/rules.ts";

/** POST /v1/support/create, by an admin */
export const handler = endpoint({
  guard: staff({ admin: "support_management" }),
  body: NewSupport,
  reply: Created,
  fails: ["ALREADY_TAKEN", "TOO_MANY_ATTEMPTS"],
  run: async ({ staff: creator, now, body, request }) => {
    const { staff_level: staffLevel, ...newcomer } = body;
    const id = await createStaff(
      { members, passwords, settings },
      { newcomer, role: { kind: "support", staffLevel }, creator, now, request },
    );
    return { success: true as const, message: "The member of staff is made.", data: { id } };
  },
});
