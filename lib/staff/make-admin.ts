import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import type { EventOrigin } from "../security/events.ts";
import { parseToken } from "../security/token.ts";
import { type CreateDeps, createStaff } from "./create-staff.ts";
import type { StaffDirectory } from "./directory-store.ts";
import { openDuty, requirePrivilege } from "./privilege.ts";
import type { Newcomer } from "./rules.ts";
import type { StaffSessionStore } from "./session-store.ts";

interface MakeDeps extends CreateDeps {
  directory: Pick<StaffDirectory, "hasAdmin">;
  sessions: Pick<StaffSessionStore, "open">;
}

interface MakeInput {
  newcomer: Newcomer;
  /** The session token of a super admin; not needed for the first one. */
  token: string | undefined;
  now: Date;
  request: EventOrigin;
}

/**
 * Makes a super admin for whoever has the database's address: the first one just so, any other only
 * for the session of a super admin, who then is the one who made it.
 * @throws Failure ADMIN_EXISTS without a token, SESSION_INVALID or PERMISSION_REQUIRED with one that
 * is not good, or whatever `createStaff` throws
 */
export async function makeAdmin(
  { directory, sessions, ...deps }: MakeDeps,
  { token, ...input }: MakeInput,
): Promise<ObjectId> {
  const role = { kind: "admin" as const, isSuperAdmin: true, permissions: [] };
  if (token === undefined) {
    if (await directory.hasAdmin()) throw new Failure("ADMIN_EXISTS");
    return createStaff(deps, { ...input, role, creator: undefined });
  }
  const parsed = parseToken("staffSession", token);
  const opened = parsed && (await sessions.open(parsed));
  if (!opened) throw new Failure("SESSION_INVALID");
  requirePrivilege(opened.staff.role, { admin: "super" });
  const { staff: rules } = await deps.settings.current();
  if (openDuty(opened.staff, rules)) throw new Failure("SESSION_INVALID");
  return createStaff(deps, { ...input, role, creator: opened.staff });
}
