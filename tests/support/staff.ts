import { randomBytes } from "node:crypto";
import { type Db, ObjectId } from "mongodb";
import { newSession, sessionKinds } from "../../lib/sessions/new-session.ts";
import { type StoredRole, type StoredStaff, staffCollection } from "../../lib/staff/document.ts";
import type { AdminPermission, SupportLevel } from "../../lib/staff/permissions.ts";
import { someRequest } from "./accounts.ts";

export const superAdmin: StoredRole = { kind: "admin", isSuperAdmin: true, permissions: [] };

export const adminWith = (...permissions: AdminPermission[]): StoredRole => ({
  kind: "admin",
  isSuperAdmin: false,
  permissions,
});

export const supportOf = (staffLevel: SupportLevel): StoredRole => ({
  kind: "support",
  staffLevel,
});

/** An active member of staff that nobody else is, with what the test wants otherwise. */
function someStaff(role: StoredRole, changes: Partial<StoredStaff> = {}): StoredStaff {
  const username = `${role.kind}-${randomBytes(6).toString("hex")}`;
  const at = new Date(Date.now() - 60 * 60_000);
  return {
    _id: new ObjectId(),
    username,
    usernameKey: username,
    email: `${username}@example.com`,
    name: "Some Staff",
    passwordHash: "$argon2id$none",
    role,
    status: "active",
    sessions: [],
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

/** A member of staff in the database who has signed in, with the tokens of the session. */
export async function signedInStaff(db: Db, role: StoredRole, changes: Partial<StoredStaff> = {}) {
  const staff = someStaff(role, changes);
  const made = newSession({
    accountId: staff._id,
    kinds: sessionKinds.staff,
    now: new Date(),
    request: someRequest,
    lifetimes: { hours: 12, refreshDays: 3 },
  });
  const stored = { ...staff, sessions: [...staff.sessions, made.stored] };
  await db.collection<StoredStaff>(staffCollection.name).insertOne(stored);
  const { session_token: token, refresh_token: refreshToken } = made.tokens;
  return { id: stored._id, staff: stored, session: made.stored, token, refreshToken };
}

export type SignedInStaff = Awaited<ReturnType<typeof signedInStaff>>;
