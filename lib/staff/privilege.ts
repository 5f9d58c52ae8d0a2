import { Failure } from "../errors.ts";
import type { StoredRole, StoredStaff } from "./document.ts";
import { type AdminPermission, hasPermission, type SupportPermission } from "./permissions.ts";

/**
 * What an endpoint asks of a member of staff: any, any admin, any of support, an admin with a
 * permission, a super admin, or somebody of support whose level has a permission.
 */
export type Privilege = { any: true } | AdminPrivilege | SupportPrivilege;
export type AdminPrivilege = { admin: true | "super" | AdminPermission };
export type SupportPrivilege = { support: true | SupportPermission };

/** @throws Failure PERMISSION_REQUIRED naming what is missing; a super admin has every permission of admins */
export function requirePrivilege(role: StoredRole, privilege: Privilege): void {
  if (holds(role, privilege)) return;
  throw new Failure("PERMISSION_REQUIRED", {
    extra: { required_permission: nameOf(privilege) },
  });
}

function holds(role: StoredRole, privilege: Privilege): boolean {
  if ("any" in privilege) return true;
  if ("admin" in privilege) {
    if (role.kind !== "admin") return false;
    const { admin } = privilege;
    if (role.isSuperAdmin || admin === true) return true;
    return admin !== "super" && role.permissions.includes(admin);
  }
  if (role.kind !== "support") return false;
  return privilege.support === true || hasPermission(role.staffLevel, privilege.support);
}

function nameOf(privilege: Privilege): string {
  if ("any" in privilege) return "staff";
  const [kind, asked] =
    "admin" in privilege ? ["admin", privilege.admin] : ["support", privilege.support];
  if (asked === true) return kind;
  return asked === "super" ? "super_admin" : asked;
}

/** What somebody must do before anything else: choose a password, or set up a second factor. */
export type Duty = "password" | "totp";

/** The duty that comes first, if any is left. */
export function openDuty(
  { passwordIsTemporary, totp }: Pick<StoredStaff, "passwordIsTemporary" | "totp">,
  { totpRequired }: { totpRequired: boolean },
): Duty | undefined {
  if (passwordIsTemporary) return "password";
  return totpRequired && !totp ? "totp" : undefined;
}
