import { passwordProblems } from "../accounts/password-rules.ts";
import { type ProofDeps, provePassword } from "../accounts/prove-password.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import type { StoredStaff } from "./document.ts";
import type { StaffStore } from "./store.ts";

interface ChangeDeps extends ProofDeps {
  members: Pick<StaffStore, "changePassword">;
}

interface ChangeInput {
  staff: StoredStaff;
  session: Pick<StoredStaff["sessions"][number], "id">;
  currentPassword: string;
  proof: Proof;
  newPassword: string;
  request: EventOrigin;
}

/**
 * Gives a member of staff another password and ends all sessions but this one. One that is the only
 * factor has to be longer than one beside a second factor (NIST SP 800-63B-4, section 3.1.1.2).
 * @throws Failure VALIDATION_FAILED for the new password, CHANGED_MEANWHILE, or whatever `provePassword` throws
 */
export async function changeStaffPassword(
  { members, ...proving }: ChangeDeps,
  { staff, session, currentPassword: password, proof, newPassword, request }: ChangeInput,
): Promise<void> {
  const { passwords, settings } = proving;
  const { staff: rules, passwords: general } = await settings.current();
  const least = staff.totp ? general.minLength : rules.passwordMinLength;
  const errors = passwordProblems("new_password", newPassword, staff, least);
  if (newPassword === password) {
    errors.push({ path: "new_password", message: "This is the current password." });
  }
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });

  const actor = { kind: "staff" as const, id: staff._id };
  await provePassword(proving, { account: staff, password, proof, request, actor });
  const done = await members.changePassword({
    staff,
    newHash: await passwords.hash(newPassword, general.argon2id),
    session: session.id,
    proof,
    event: securityEvent("staff_password_changed", { request, subject: staff._id, actor }),
    usage: request.usage,
  });
  if (!done) throw new Failure("CHANGED_MEANWHILE");
}
