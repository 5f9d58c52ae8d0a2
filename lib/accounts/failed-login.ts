import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import type { EventStore } from "../security/event-store.ts";
import { type EventOrigin, type SecurityEventType, securityEvent } from "../security/events.ts";
import type { Refusal, ThrottleStore } from "../security/throttle/store.ts";
import type { LoginAttempts } from "./attempts.ts";

export interface FailureDeps {
  throttle: ThrottleStore;
  events: EventStore;
}

/** How security events tell of a login that failed, by who it was that wanted to sign in. */
const loginWords = {
  account: {
    type: "login_failed",
    reasons: {
      unknown: "user_not_found",
      inactive: "account_inactive",
    },
  },
  admin: {
    type: "admin_login_failed",
    reasons: { unknown: "admin_not_found", inactive: "admin_inactive" },
  },
  support: {
    type: "support_login_failed",
    reasons: { unknown: "staff_not_found", inactive: "staff_inactive" },
  },
} as const satisfies Record<string, { type: SecurityEventType; reasons: Record<string, string> }>;
type Who = keyof typeof loginWords;

export interface LoginFacts {
  who: Who;
  attempts: LoginAttempts;
  request: EventOrigin;
  /** The account or member of staff of that name, if there is one; only the log learns of it. */
  subject: ObjectId | undefined;
}

/** An event about a login. That of staff is told of as theirs. */
const loginEvent = (
  { who, request, subject }: LoginFacts,
  details: Record<string, number | string>,
  severity?: "warning",
) =>
  securityEvent(loginWords[who].type, {
    request,
    ...(subject && {
      subject,
      actor: { kind: who === "account" ? "account" : "staff", id: subject },
    }),
    details,
    ...(severity && { severity }),
  });

/**
 * Why an attempt to sign in is not made. It says nothing of the account: names that nobody has are
 * locked as others are. It leaves no security event, or whoever is locked out could fill the log
 * with them: the failure that locked has one, with the end of the lock.
 */
export function refusedLogin(
  { identity, address }: LoginAttempts,
  refusals: readonly Refusal[],
): Failure {
  const blocked = refusals.filter(({ admission }) => admission === "blocked");
  const lock = blocked.find(({ key }) => key === identity.key);
  if (lock) return new Failure("LOGIN_LOCKED", { retryAfter: lock.retryAfter });
  const block = blocked.find(({ key }) => key === address.key);
  if (block) return new Failure("ADDRESS_BLOCKED", { retryAfter: block.retryAfter });
  return new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
}

/** Records a login with the right password from an address that the account's rules shut out. It is no guess, and locks nothing. */
export async function shutOut(deps: FailureDeps, facts: LoginFacts): Promise<Failure> {
  await recordUncounted(deps, facts, "address_not_allowed");
  return new Failure("ADDRESS_NOT_ALLOWED");
}

/** A login whose password was right and whose second factor was not shown: neither a failure nor a success. */
export async function unfinishedLogin(deps: FailureDeps, facts: LoginFacts): Promise<Failure> {
  await recordUncounted(deps, facts, "second_factor_missing");
  return new Failure("TOTP_REQUIRED");
}

function recordUncounted(
  { throttle, events }: FailureDeps,
  facts: LoginFacts,
  reason: string,
): Promise<unknown> {
  const { identity, address } = facts.attempts;
  return Promise.all([
    throttle.takeBack([identity, address]),
    events.record(loginEvent(facts, { reason })),
  ]);
}

/** Counts a login that failed. The answer is one for all reasons; the log has `reason`. */
export async function failedLogin(
  { throttle, events }: FailureDeps,
  facts: LoginFacts,
  why: "unknown" | "inactive" | "invalid_password" | "invalid_second_factor",
): Promise<Failure> {
  const { who, request } = facts;
  const { identity, address } = facts.attempts;
  const [byName, byAddress] = await Promise.all([
    throttle.count(identity),
    throttle.count(address),
  ]);
  const locks = byName.counted >= identity.rule.limit;
  const details = {
    reason: why === "unknown" || why === "inactive" ? loginWords[who].reasons[why] : why,
    failed_attempts: byName.counted,
    ...(locks && { locked_until: byName.until.toISOString() }),
  };
  const isGrave = who !== "account" && why.startsWith("invalid");
  const failed = loginEvent(facts, details, isGrave ? "warning" : undefined);
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
