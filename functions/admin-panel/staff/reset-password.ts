import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { directory, endpoint, passwords, settings, staff } from "../../../lib/runtime.ts";
import { resetStaff } from "../../../lib/staff/reset-staff.ts";
import { StaffReset } from "../../../lib/staff/rules.ts";

/** POST /v1/admin-panel/staff/{id}/reset-password */
export const handler = endpoint({
  guard: staff({ admin: "support_management" }),
  path: z.object({ id: idCodec }),
  reply: StaffReset,
  fails: ["NOT_YOURSELF", "CHANGED_MEANWHILE"],
  run: async ({ staff: manager, path, request }) => {
    const password = await resetStaff(
      { directory, passwords, settings },
      { manager, id: path.id, request },
    );
    return {
      success: true as const,
      message: "The password is set for one login, after which it must be changed.",
      data: { temporary_password: password },
    };
  },
});
