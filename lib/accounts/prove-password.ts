import { Failure } from "../errors.ts";
import {
  type EventFacts,
  type EventOrigin,
  type SecurityEvent,
  securityEvent,
} from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import type { Proof } from "../security/proof.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { StoredAccount } from "./document.ts";

export interface ProofDeps {
  passwords: PasswordHasher;
  settings: SettingsReader;
}

interface ProofInput {
  account: Pick<StoredAccount, "_id" | "passwordHash">;
  /** What is said to be the account's password. */
  password: string;
  proof: Proof;
  request: EventOrigin;
  /** Whose password it is, where not an account's. */
  actor?: SecurityEvent["actor"];
}

/**
 * Asks someone who is signed in for the password, before a change that a stolen session must not
 * make. Wrong ones are counted, so that a session is no way around the limits of logins.
 * @throws Failure WRONG_PASSWORD, or whatever `requirePlace` throws
 */
export async function provePassword(
  { passwords, settings }: ProofDeps,
  { account, password, proof, request, actor }: ProofInput,
): Promise<void> {
  requirePlace(proof);
  const { argon2id } = (await settings.current()).passwords;
  if (await passwords.verify(password, account.passwordHash, argon2id)) return;
  await failProof(proof, { request, subject: account._id, ...(actor && { actor }) });
  throw new Failure("WRONG_PASSWORD");
}

/** @throws Failure LOGIN_LOCKED or TOO_MANY_ATTEMPTS if the password may not be looked at */
export function requirePlace({ refusal }: Pick<Proof, "refusal">): void {
  if (!refusal) return;
  const { admission, retryAfter } = refusal;
  const code = admission === "blocked" ? "LOGIN_LOCKED" : "TOO_MANY_ATTEMPTS";
  throw new Failure(code, { retryAfter });
}

/** Counts a proof that failed, and records it. */
export const failProof = (proof: Proof, { details, ...facts }: EventFacts): Promise<void> =>
  proof.fail((failures) =>
    securityEvent("password_proof_failed", {
      ...facts,
      details: { failed_attempts: failures, ...details },
    }),
  );
