import { randomBytes } from "node:crypto";
import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { StaffDirectory } from "./directory-store.ts";
import { type Manager, managedStaff } from "./managed.ts";

interface ResetDeps {
  directory: Pick<StaffDirectory, "find" | "reset">;
  passwords: Pick<PasswordHasher, "hash">;
  settings: SettingsReader;
}

/** Of a password that somebody reads out to somebody else: 120 bits in 20 characters. */
const passwordBytes = 15;

/**
 * Gives somebody of staff who can't sign in any more a password that must be changed at once, without
 * a second factor: whoever lost a phone has lost that too.
 * @returns the password, which is kept nowhere
 * @throws Failure NOT_FOUND, NOT_YOURSELF, CHANGED_MEANWHILE
 */
export async function resetStaff(
  { directory, passwords, settings }: ResetDeps,
  { manager, id, request }: { manager: Manager; id: ObjectId; request: EventOrigin },
): Promise<string> {
  const before = await managedStaff({ directory }, manager, id);
  // A session alone must not be enough to take an account over.
  if (before._id.equals(manager._id)) throw new Failure("NOT_YOURSELF");
  const password = randomBytes(passwordBytes).toString("base64url");
  const cost = (await settings.current()).passwords.argon2id;
  const event = securityEvent("staff_password_reset", {
    request,
    subject: before._id,
    actor: { kind: "staff", id: manager._id },
    details: { username: before.username, totp_removed: before.totp !== undefined },
  });
  const newHash = await passwords.hash(password, cost);
  if (await directory.reset({ before, newHash, event, usage: request.usage })) return password;
  throw new Failure("CHANGED_MEANWHILE");
}
