import { Failure, type FailureCode } from "../errors.ts";
import type { GateAccount } from "./gate-account.ts";
import { limitHeaders } from "./limit-headers.ts";
import type { Limits } from "./metering.ts";
import { aheadBy, type GateRequest, limitsFor, type Verdict } from "./rules.ts";

const codes = {
  key: "INVALID_API_KEY",
  scope: "SCOPE_NOT_ALLOWED",
  address: "ADDRESS_NOT_ALLOWED",
  suspended: "ACCOUNT_SUSPENDED",
  unverified: "EMAIL_NOT_VERIFIED",
  plan: "PLAN_UNKNOWN",
  level: "LEVEL_NOT_ALLOWED",
  "r-type": "RTYPE_NOT_ALLOWED",
  rate: "RATE_LIMIT_EXCEEDED",
  "in-progress": "IDEMPOTENCY_IN_PROGRESS",
  "other-body": "IDEMPOTENCY_KEY_REUSED",
  conversations: "CONVERSATION_LIMIT_EXCEEDED",
  credits: "CREDITS_EXHAUSTED",
  cap: "KEY_CAP_EXCEEDED",
  open: "CONCURRENCY_LIMIT_EXCEEDED",
} as const satisfies Record<Exclude<Verdict, "admitted">, FailureCode>;

export type Refused = keyof typeof codes;

interface Refusal {
  account: GateAccount;
  request: GateRequest;
  now: Date;
  limits: Limits;
}

const midnight = (now: Date): number =>
  Math.ceil(
    (Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1) - now.getTime()) /
      1_000,
  );

/** Seconds after which the same request may pass; undefined if waiting alone won't help. */
function waitFor(verdict: Refused, { account, request, now }: Refusal): number | undefined {
  const { conversations, credits } = request.price ?? { conversations: 0, credits: 0 };
  switch (verdict) {
    case "rate": {
      const limits = limitsFor(account, request);
      const most = limits ? limits.gap * (limits.burst - 1) : 0;
      return Math.max(1, Math.ceil((aheadBy(account, request.rateClass, now) - most) / 1_000));
    }
    case "conversations":
      return account.conversations.perDay >= conversations ? midnight(now) : undefined;
    case "credits":
      return account.allowance.perDay + account.balance >= credits ? midnight(now) : undefined;
    case "in-progress":
    case "open":
      return 1;
    default:
      return undefined;
  }
}

/** What a caller is told of the account beside the reason. */
function facts(verdict: Refused, { account, request, limits }: Refusal): Record<string, unknown> {
  const { left } = limits;
  switch (verdict) {
    case "scope":
      return { required_scope: request.scope };
    case "level":
      return { allowed_level: account.level, required_level: request.price?.level };
    case "r-type":
      return { allowed_r_types: account.rTypes };
    case "rate":
      return { rate: { class: limits.rate.class, requests_per_minute: limits.rate.perMinute } };
    case "conversations":
    case "credits":
      return {
        credits: { main: left.credits, reset: account.allowance.perDay },
        limits: { conversation_limit: left.conversations, reset: account.conversations.perDay },
        required: {
          credits: request.price?.credits,
          conversations: request.price?.conversations,
        },
      };
    case "cap":
      return { key: { credits_left: left.keyCredits, required: request.price?.credits } };
    case "open":
      return {
        open: { now: account.holds.length, limit: limitsFor(account, request)?.openAtOnce },
      };
    default:
      return {};
  }
}

/** The failure that tells a caller of a refusal. Nothing but the reason is told before the key is known to be good. */
export function refusal(verdict: Refused, told: Refusal): Failure {
  const retryAfter = waitFor(verdict, told);
  return new Failure(codes[verdict], {
    extra: facts(verdict, told),
    headers: limitHeaders(told.limits),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
