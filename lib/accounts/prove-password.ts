import { Failure } from "../errors.ts";
import type { EventStore } from "../security/event-store.ts";
import { type EventOrigin, type SecurityEvent, securityEvent } from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import type { Attempt, ThrottleStore } from "../security/throttle/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { proofAttempt } from "./attempts.ts";
import type { StoredAccount } from "./document.ts";

export interface ProofDeps {
  throttle: ThrottleStore;
  events: EventStore;
  passwords: PasswordHasher;
  settings: SettingsReader;
}

interface ProofInput {
  account: Pick<StoredAccount, "_id" | "passwordHash">;
  /** What is said to be the account's password. */
  password: string;
  request: EventOrigin;
  /** Whose password it is, where not an account's. */
  actor?: SecurityEvent["actor"];
}

/**
 * Asks someone who is signed in for the password, before a change that a stolen session must not
 * make. Wrong ones are counted, so that a session is no way around the limits of logins.
 * @returns the attempt, to be taken back in the batch of the change
 * @throws Failure WRONG_PASSWORD, or LOGIN_LOCKED or TOO_MANY_ATTEMPTS before the password is looked at
 */
export async function provePassword(
  { throttle, events, passwords, settings }: ProofDeps,
  { account, password, request, actor }: ProofInput,
): Promise<Attempt> {
  const { login, passwords: rules } = await settings.current();
  const attempt = proofAttempt(account._id, request, login);
  const [refusal] = await throttle.reserve(attempt);
  if (refusal) {
    const code = refusal.admission === "blocked" ? "LOGIN_LOCKED" : "TOO_MANY_ATTEMPTS";
    throw new Failure(code, { retryAfter: refusal.retryAfter });
  }
  if (await passwords.verify(password, account.passwordHash, rules.argon2id)) return attempt;
  const { counted } = await throttle.count(attempt);
  const details = { failed_attempts: counted };
  await events.record(
    securityEvent("password_proof_failed", {
      request,
      subject: account._id,
      ...(actor && { actor }),
      details,
    }),
  );
  throw new Failure("WRONG_PASSWORD");
}
