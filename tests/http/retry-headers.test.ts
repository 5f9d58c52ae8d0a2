import { expect, it } from "@jest/globals";
import { Failure, type FailureCode } from "../../lib/errors.ts";
import { openAiError } from "../../lib/http/problem.ts";

type Told = [retry: string, milliseconds: string | undefined, seconds: string | undefined];

it.each<[FailureCode, number | undefined, Told]>([
  ["RATE_LIMIT_EXCEEDED", 6, ["true", "6000", "6"]],
  ["RATE_LIMIT_EXCEEDED", 30, ["true", "30000", "30"]],
  ["RATE_LIMIT_EXCEEDED", 31, ["false", undefined, "31"]],
  ["CONCURRENCY_LIMIT_EXCEEDED", 1, ["true", "1000", "1"]],
  ["UPSTREAM_FAILED", undefined, ["true", undefined, undefined]],
  ["UPSTREAM_BUSY", 300, ["false", undefined, "300"]],
  // Also just before midnight.
  ["CREDITS_EXHAUSTED", 2, ["false", undefined, "2"]],
  ["CREDITS_EXHAUSTED", undefined, ["false", undefined, undefined]],
  ["CONVERSATION_LIMIT_EXCEEDED", 2, ["false", undefined, "2"]],
  ["KEY_CAP_EXCEEDED", undefined, ["false", undefined, undefined]],
  ["IDEMPOTENCY_IN_PROGRESS", 1, ["false", undefined, "1"]],
  ["IDEMPOTENCY_ANSWER_TOO_LARGE", undefined, ["false", undefined, undefined]],
  ["VALIDATION_FAILED", undefined, ["false", undefined, undefined]],
  ["INVALID_API_KEY", undefined, ["false", undefined, undefined]],
])(
  "an SDK that meets %s with a wait of %p s is told whether to ask again by itself",
  (code, retryAfter, told) => {
    const failure = new Failure(code, retryAfter === undefined ? {} : { retryAfter });
    const { headers } = openAiError(failure, { requestId: "r", errorsUrl: "" });
    expect([headers["x-should-retry"], headers["retry-after-ms"], headers["Retry-After"]]).toEqual(
      told,
    );
  },
);
