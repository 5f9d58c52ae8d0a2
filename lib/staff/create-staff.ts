import { ObjectId } from "mongodb";
import { passwordProblems } from "../accounts/password-rules.ts";
import { emailKey, usernameKey } from "../accounts/rules.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { StoredRole, StoredStaff } from "./document.ts";
import type { Newcomer } from "./rules.ts";
import type { StaffStore } from "./store.ts";

export interface CreateDeps {
  members: Pick<StaffStore, "insert">;
  passwords: Pick<PasswordHasher, "hash">;
  settings: SettingsReader;
}

interface CreateInput {
  newcomer: Newcomer;
  role: StoredRole;
  /** Who makes it; nobody makes the first admin. */
  creator: Pick<StoredStaff, "_id"> | undefined;
  now: Date;
  request: EventOrigin;
}

/**
 * Makes a member of staff, and records who made it. Who is made by another must choose a password of
 * their own before anything else (OWASP ASVS 5, 6.4.1).
 * @throws Failure VALIDATION_FAILED for the password; ALREADY_TAKEN naming the fields; ADMIN_EXISTS
 * if it was to be the first admin and is not
 */
export async function createStaff(
  { members, passwords, settings }: CreateDeps,
  { newcomer, role, creator, now, request }: CreateInput,
): Promise<ObjectId> {
  const { staff: rules, passwords: hashing } = await settings.current();
  const { username, email, name, password } = newcomer;
  const errors = passwordProblems("password", password, newcomer, rules.passwordMinLength);
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });

  const member: StoredStaff = {
    _id: new ObjectId(),
    username,
    usernameKey: usernameKey(username),
    email: emailKey(email),
    name,
    passwordHash: await passwords.hash(password, hashing.argon2id),
    role,
    status: "active",
    sessions: [],
    // Whoever makes somebody else chooses a password that is not to stay.
    ...(creator ? { createdBy: creator._id, passwordIsTemporary: true } : { isFirst: true }),
    createdAt: now,
    updatedAt: now,
  };
  const event = securityEvent(role.kind === "admin" ? "admin_created" : "support_staff_created", {
    request,
    subject: member._id,
    actor: creator ? { kind: "staff", id: creator._id } : { kind: "service" },
    details: { username, ...roleDetails(role) },
  });
  const taken = await members.insert({ staff: member, event, usage: request.usage });
  if (taken.includes("first")) throw new Failure("ADMIN_EXISTS");
  if (taken.length === 0) return member._id;
  const message = "Another member of staff has this already.";
  throw new Failure("ALREADY_TAKEN", { errors: taken.map((path) => ({ path, message })) });
}

/** A role in the details of an event. */
export const roleDetails = (role: StoredRole): Record<string, boolean | string> =>
  role.kind === "admin"
    ? { is_super_admin: role.isSuperAdmin, permissions: role.permissions.join(", ") }
    : { staff_level: role.staffLevel };
