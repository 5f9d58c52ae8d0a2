import type { ObjectId } from "mongodb";
import { Failure, type FieldError } from "../errors.ts";
import { type EventOrigin, type SecurityEventType, securityEvent } from "../security/events.ts";
import { roleDetails } from "./create-staff.ts";
import type { StaffDirectory } from "./directory-store.ts";
import type { StoredRole, StoredStaff } from "./document.ts";
import { type Manager, managedStaff } from "./managed.ts";
import type { StaffChanges } from "./rules.ts";

interface UpdateInput {
  manager: Manager;
  id: ObjectId;
  changes: StaffChanges;
  request: EventOrigin;
}

type Position = Pick<StoredStaff, "status" | "role">;

/**
 * Disables or enables somebody of staff, or gives them another level or other permissions. What holds
 * already is no change and leaves no event.
 * @throws Failure NOT_FOUND; VALIDATION_FAILED for a field of another kind of staff; NOT_YOURSELF;
 * LAST_SUPER_ADMIN; CHANGED_MEANWHILE
 */
export async function updateStaff(
  deps: { directory: StaffDirectory },
  { manager, id, changes, request }: UpdateInput,
): Promise<void> {
  const { directory } = deps;
  const before = await managedStaff(deps, manager, id);
  const after: Position = {
    status: changes.is_active === undefined ? before.status : statusOf(changes.is_active),
    role: roleAfter(before.role, changes),
  };
  if (before._id.equals(manager._id) && after.status !== "active") {
    throw new Failure("NOT_YOURSELF");
  }
  const events = eventsOf(before, after).map(([type, details]) =>
    securityEvent(type, {
      request,
      subject: before._id,
      actor: { kind: "staff", id: manager._id },
      details: { username: before.username, ...details },
    }),
  );
  if (events.length === 0) return;
  const retires = isActiveSuperAdmin(before) && !isActiveSuperAdmin(after);
  if (retires && !(await directory.retire(id, request.id))) {
    await directory.stay(id, request.id);
    throw new Failure("LAST_SUPER_ADMIN");
  }
  const retiredBy = retires ? request.id : undefined;
  if (await directory.change({ before, ...after, retiredBy, events, usage: request.usage })) return;
  if (retires) await directory.stay(id, request.id);
  throw new Failure("CHANGED_MEANWHILE");
}

const statusOf = (isActive: boolean) => (isActive ? "active" : "disabled");

const isActiveSuperAdmin = ({ status, role }: Position): boolean =>
  status === "active" && role.kind === "admin" && role.isSuperAdmin;

function roleAfter(role: StoredRole, changes: StaffChanges): StoredRole {
  const { permissions, is_super_admin: isSuperAdmin, staff_level: staffLevel } = changes;
  const foreign =
    role.kind === "admin"
      ? { staff_level: staffLevel }
      : { permissions, is_super_admin: isSuperAdmin };
  const errors: FieldError[] = Object.entries(foreign)
    .filter(([, value]) => value !== undefined)
    .map(([path]) => ({ path, message: `Somebody of kind ${role.kind} has no such field.` }));
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });
  return role.kind === "admin"
    ? {
        kind: "admin",
        isSuperAdmin: isSuperAdmin ?? role.isSuperAdmin,
        permissions: permissions ?? role.permissions,
      }
    : { kind: "support", staffLevel: staffLevel ?? role.staffLevel };
}

function eventsOf(
  before: Position,
  after: Position,
): [SecurityEventType, Record<string, boolean | string>][] {
  const events: [SecurityEventType, Record<string, boolean | string>][] = [];
  if (before.status !== after.status) {
    events.push([after.status === "active" ? "staff_enabled" : "staff_disabled", {}]);
  }
  const old = roleDetails(before.role);
  const changed = Object.entries(roleDetails(after.role)).filter(
    ([name, now]) => old[name] !== now,
  );
  if (changed.length > 0) {
    const details = changed.flatMap(([name, now]) => [
      [`${name}_before`, old[name] ?? ""],
      [`${name}_after`, now],
    ]);
    events.push(["staff_permissions_changed", Object.fromEntries(details)]);
  }
  return events;
}
