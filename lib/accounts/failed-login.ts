import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import type { EventStore } from "../security/event-store.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { ThrottleStore, Verdict } from "../security/throttle/store.ts";
import type { LoginAttempts } from "./attempts.ts";

interface FailureDeps {
  throttle: ThrottleStore;
  events: EventStore;
}

interface LoginFacts {
  attempts: LoginAttempts;
  request: EventOrigin;
  /** The account of that name, if there is one; only the log learns of it. */
  subject: ObjectId | undefined;
}

/**
 * Why an attempt to sign in is not made. It says nothing of the account: names that nobody has are
 * locked as others are.
 */
export async function refusedLogin(
  { throttle, events }: FailureDeps,
  { attempts, request, subject }: LoginFacts,
  { identity, address }: { identity: Verdict; address: Verdict },
): Promise<Failure> {
  if (identity.admission === "admitted") await throttle.takeBack([attempts.identity]);
  if (address.admission === "admitted") await throttle.takeBack([attempts.address]);
  if (identity.admission === "blocked") {
    const details = { reason: "account_locked", locked_until: identity.until.toISOString() };
    await events.record(
      securityEvent("login_failed", { request, ...(subject && { subject }), details }),
    );
    return new Failure("LOGIN_LOCKED", { retryAfter: identity.retryAfter });
  }
  if (address.admission === "blocked") {
    const details = { blocked_until: address.until.toISOString() };
    await events.record(securityEvent("rate_limit_exceeded", { request, details }));
    return new Failure("ADDRESS_BLOCKED", { retryAfter: address.retryAfter });
  }
  return new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
}

/** Records a login with the right password from an address that the account's rules shut out. It is no guess, and locks nothing. */
export async function shutOut(
  { throttle, events }: FailureDeps,
  { attempts, request, subject }: LoginFacts,
): Promise<Failure> {
  const details = { reason: "address_not_allowed" };
  const event = securityEvent("login_failed", { request, ...(subject && { subject }), details });
  await Promise.all([
    throttle.takeBack([attempts.identity, attempts.address]),
    events.record(event),
  ]);
  return new Failure("ADDRESS_NOT_ALLOWED");
}

/** Counts a login that failed. The answer is one for all reasons; the log has `reason`. */
export async function failedLogin(
  { throttle, events }: FailureDeps,
  { attempts, request, subject }: LoginFacts,
  reason: "user_not_found" | "account_inactive" | "invalid_password",
): Promise<Failure> {
  const { identity, address } = attempts;
  const [byName, byAddress] = await Promise.all([
    throttle.count(identity),
    throttle.count(address),
  ]);
  const locks = byName.counted >= identity.rule.limit;
  const details = {
    reason,
    failed_attempts: byName.counted,
    ...(locks && { locked_until: byName.until.toISOString() }),
  };
  const failed = securityEvent("login_failed", {
    request,
    ...(subject && { subject }),
    details,
  });
  const blocked =
    byAddress.counted === address.rule.limit &&
    securityEvent("ip_temporarily_blocked", {
      request,
      details: {
        failed_attempts: byAddress.counted,
        blocked_until: byAddress.until.toISOString(),
      },
    });
  await events.record(...(blocked ? [failed, blocked] : [failed]));
  return new Failure("INVALID_CREDENTIALS");
}
