import type { FailureCode } from "../errors.ts";
import type { GuardDeclaration } from "./declaration.ts";

/** How the gate refuses who asks: credits/refusal.ts names the codes of its verdicts. */
const caller: readonly FailureCode[] = [
  "AUTHENTICATION_REQUIRED",
  "INVALID_API_KEY",
  "ADDRESS_NOT_ALLOWED",
  "ACCOUNT_SUSPENDED",
  "EMAIL_NOT_VERIFIED",
  "PLAN_UNKNOWN",
  "RATE_LIMIT_EXCEEDED",
  // Of the Idempotency-Key, which is read of any request.
  "VALIDATION_FAILED",
  "DATABASE_UNAVAILABLE",
];

/** How it refuses what has a price. */
const priced: readonly FailureCode[] = [
  "LEVEL_NOT_ALLOWED",
  "RTYPE_NOT_ALLOWED",
  "CONVERSATION_LIMIT_EXCEEDED",
  "CREDITS_EXHAUSTED",
  "KEY_CAP_EXCEEDED",
  "CONCURRENCY_LIMIT_EXCEEDED",
  "IDEMPOTENCY_IN_PROGRESS",
  "IDEMPOTENCY_KEY_REUSED",
  "IDEMPOTENCY_ANSWER_TOO_LARGE",
];

/** What the gate asks for and refuses, of an endpoint with a scope and a price or without. */
export const gateDeclaration = ({
  scope,
  price,
}: {
  scope: string | null;
  price?: unknown;
}): GuardDeclaration => ({
  security: ["apiKey"],
  metered: true,
  headers: price ? ["Idempotency-Key"] : [],
  fails: [
    ...caller,
    ...(scope === null ? [] : (["SCOPE_NOT_ALLOWED"] as const)),
    ...(price ? priced : []),
  ],
});
