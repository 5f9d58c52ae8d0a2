import type { Mailer } from "../email/mailer.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import { lockKeys } from "./attempts.ts";
import type { StoredAccount } from "./document.ts";
import type { OwnerStore } from "./owner-store.ts";
import { passwordProblems } from "./password-rules.ts";
import { type ProofDeps, provePassword } from "./prove-password.ts";

interface ChangeDeps extends ProofDeps {
  owners: Pick<OwnerStore, "changePassword">;
  mailer: Mailer;
}

interface ChangeInput {
  account: Pick<
    StoredAccount,
    "_id" | "username" | "email" | "passwordHash" | "passwordIsTemporary"
  >;
  session: Pick<StoredAccount["sessions"][number], "id">;
  currentPassword: string;
  proof: Proof;
  newPassword: string;
  request: EventOrigin;
}

/**
 * Gives an account another password and ends all its sessions but this one.
 * @throws Failure VALIDATION_FAILED for the new password, or whatever `provePassword` throws
 */
export async function changePassword(
  { owners, mailer, ...proving }: ChangeDeps,
  { account, session, currentPassword: password, proof, newPassword, request }: ChangeInput,
): Promise<void> {
  const { passwords, settings } = proving;
  const { minLength, argon2id } = (await settings.current()).passwords;
  const errors = passwordProblems("new_password", newPassword, account, minLength);
  if (account.passwordIsTemporary && sameText(newPassword, password)) {
    errors.push({ path: "new_password", message: "must be another than the one that was set" });
  }
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });

  await provePassword(proving, { account, password, proof, request });
  const done = await owners.changePassword({
    account: account._id,
    passwordHash: account.passwordHash,
    proof,
    event: securityEvent("password_changed", { request, subject: account._id }),
    usage: request.usage,
    session: session.id,
    newHash: await passwords.hash(newPassword, argon2id),
    lockKeys: lockKeys(account),
  });
  if (!done) throw new Failure("WRONG_PASSWORD");
  await mailer.sendOrQueue({ account: account._id, purpose: "passwordChanged" });
}

/** Passwords are compared in one form of Unicode, as they are hashed. */
const sameText = (one: string, other: string): boolean =>
  one.normalize("NFC") === other.normalize("NFC");
