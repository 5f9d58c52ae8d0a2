import type { Settings } from "../settings/rules.ts";
import type { AdminRole, StoredStaff, SupportRole } from "./document.ts";
import { openDuty } from "./privilege.ts";
import type { AdminInfo, StaffInfo, SupportInfo } from "./rules.ts";

type Seen = Omit<StoredStaff, "sessions" | "passwordHash">;

const aboutOf = (staff: Seen) => ({
  id: staff._id,
  username: staff.username,
  name: staff.name,
  email: staff.email,
  is_active: staff.status === "active",
  time_created: staff.createdAt.toISOString(),
  created_by: staff.createdBy ?? null,
  last_login: staff.lastLoginAt?.toISOString() ?? null,
  totp_enabled: staff.totp !== undefined,
  recovery_codes_left: staff.totp?.recovery.length ?? 0,
});

/** An admin in the words of the API. */
export const adminInfo = (staff: Seen, role: AdminRole): AdminInfo => ({
  ...aboutOf(staff),
  is_super_admin: role.isSuperAdmin,
  permissions: role.permissions,
});

/** A member of support staff in the words of the API. */
export const supportInfo = (staff: Seen, role: SupportRole): SupportInfo => ({
  ...aboutOf(staff),
  staff_level: role.staffLevel,
});

/** Anybody of staff in the words of the API. */
export const staffInfo = (staff: Seen): StaffInfo =>
  staff.role.kind === "admin"
    ? { kind: "admin", ...adminInfo(staff, staff.role) }
    : { kind: "support", ...supportInfo(staff, staff.role) };

const actions = { password: "change_password", totp: "set_up_totp" } as const;

/** What somebody must do before anything else, in the words of the API. */
export function requiredAction(
  staff: Parameters<typeof openDuty>[0],
  { staff: rules }: Pick<Settings, "staff">,
) {
  const duty = openDuty(staff, rules);
  return duty ? actions[duty] : null;
}
