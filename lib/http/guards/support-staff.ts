import type { SupportPermission } from "../../staff/permissions.ts";
import { guarding } from "./guard.ts";
import type { staffGuard } from "./staff.ts";

/** The guard of endpoints for support staff with a permission: as that of staff, and `run` gets the `level` too. */
export const supportGuard =
  (staff: ReturnType<typeof staffGuard>) => (permission: SupportPermission) => {
    const guard = staff({ support: permission });
    return guarding(guard.declares, async (request, event) => {
      const opened = await guard(request, event);
      const { role } = opened.staff;
      if (role.kind !== "support") throw new Error("the guard let somebody else in");
      return { ...opened, level: role.staffLevel };
    });
  };
