import type { Clock } from "../db/clock.ts";
import type { Mailer } from "../email/mailer.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import type { ThrottleStore } from "../security/throttle/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { registrationAttempts } from "./attempts.ts";
import { newAccount } from "./new-account.ts";
import { passwordProblems } from "./password-rules.ts";
import type { Registered, Registration } from "./rules.ts";
import type { AccountStore } from "./store.ts";

interface RegisterDeps {
  accounts: Pick<AccountStore, "insert" | "refuse">;
  throttle: Pick<ThrottleStore, "reserve">;
  passwords: Pick<PasswordHasher, "hash">;
  settings: SettingsReader;
  mailer: Mailer;
  clock: Clock;
}

interface RegisterInput {
  registration: Registration;
  request: EventOrigin;
}

/**
 * Makes an account with its first API key. Mail never makes it fail.
 * @throws Failure REGISTRATION_CLOSED, VALIDATION_FAILED for the password, REGISTRATIONS_EXCEEDED, or ALREADY_TAKEN naming the fields
 */
export async function register(
  deps: RegisterDeps,
  { registration, request }: RegisterInput,
): Promise<Registered> {
  const { accounts, passwords, settings, mailer } = deps;
  const current = await settings.current();
  if (!current.registration.enabled) throw new Failure("REGISTRATION_CLOSED");
  const { password } = registration;
  const errors = passwordProblems("password", password, registration, current.passwords.minLength);
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });

  const attempts = registrationAttempts(request, current.registration);
  const [refusal] = await deps.throttle.reserve(attempts.accepted, attempts.refused);
  if (refusal) throw new Failure("REGISTRATIONS_EXCEEDED", { retryAfter: refusal.retryAfter });
  // The clock is read while the password is hashed, which takes far longer.
  const [passwordHash, now] = await Promise.all([
    passwords.hash(password, current.passwords.argon2id),
    deps.clock(),
  ]);
  const made = newAccount({ registration, passwordHash, now, settings: current });
  const { account, posting, apiKey } = made;
  const required = current.verification.required;
  const event = securityEvent("user_registered", {
    request,
    subject: account._id,
    details: { user_type: account.userType, verification_required: required },
  });
  const taken = await accounts.insert({
    account,
    posting,
    attempts,
    event,
    usage: request.usage,
  });
  if (taken.length > 0) {
    const details = { errors: `taken: ${taken.join(", ")}` };
    await accounts.refuse({
      attempts,
      event: securityEvent("registration_failed", { request, details }),
    });
    const message = "Another account has this already.";
    throw new Failure("ALREADY_TAKEN", { errors: taken.map((path) => ({ path, message })) });
  }

  const mail = required
    ? await mailer.sendOrQueue({ account: account._id, purpose: "verification" })
    : null;
  return {
    success: true,
    message: "The account is made. Keep the API key: it is shown only now.",
    user_id: account._id,
    username: account.username,
    email: registration.email,
    api_key: apiKey,
    verification_required: required,
    verification_mail: mail,
  };
}
