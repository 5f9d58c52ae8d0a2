import { STATUS_CODES } from "node:http";
import { type Failure, type FailureRow, failures } from "../errors.ts";

export interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

interface AnswerContext {
  requestId: string;
  /** Where the reference of error codes is served. */
  errorsUrl: string;
}

/**
 * A failure as problem details (RFC 9457) with our members `code`, `request_id` and `errors`, and
 * `success: false` and `message` for clients of the former API.
 */
export function problem(failure: Failure, { requestId, errorsUrl }: AnswerContext): Answer {
  return {
    statusCode: failure.status,
    headers: {
      "Content-Type": "application/problem+json",
      ...challenge(failure),
      ...failure.headers,
      ...retryHeaders(failure),
    },
    body: JSON.stringify({
      type: `${errorsUrl}#${failure.code.toLowerCase()}`,
      title: STATUS_CODES[failure.status],
      status: failure.status,
      detail: sentence(failure),
      code: failure.code,
      request_id: requestId,
      errors: failure.errors,
      success: false,
      message: sentence(failure),
      ...failure.extra,
    }),
  };
}

/** Error types of OpenAI's API, by status; what its SDKs turn into their error classes. */
const openAiTypes: Record<number, string> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

/** A failure in the shape of OpenAI's API: `{ error: { message, type, code, param } }`. */
export function openAiError(failure: Failure, { requestId }: AnswerContext): Answer {
  const type =
    openAiTypes[failure.status] ??
    (failure.status < 500 ? "invalid_request_error" : "server_error");
  const { openAiCode }: FailureRow = failures[failure.code];
  // OpenAI's API answers 400 where ours answers 422, and its SDKs expect that.
  const statusCode = failure.code === "VALIDATION_FAILED" ? 400 : failure.status;
  return {
    statusCode,
    headers: {
      "Content-Type": "application/json",
      ...challenge(failure),
      ...failure.headers,
      ...retryHeaders(failure),
      ...sdkRetryHeaders(failure),
    },
    body: JSON.stringify({
      error: {
        message: sentence(failure),
        type,
        code: openAiCode ?? failure.code,
        param: failure.errors[0]?.path || null,
        request_id: requestId,
        ...failure.extra,
      },
    }),
  };
}

/** Which of the two shapes an address answers in. */
export const failureShape = (path: string): typeof problem =>
  /^\/v1\/(chat|prompt|batch|models)(\/|$)/.test(path) ? openAiError : problem;

const sentence = (failure: Failure): string => {
  const first = failure.errors[0];
  if (first === undefined) return failure.message;
  const more = failure.errors.length > 1 ? ` (and ${failure.errors.length - 1} more)` : "";
  return `${failure.message} ${first.path === "" ? "" : `${first.path}: `}${first.message}${more}`;
};

/** RFC 9110, section 15.5.2: a 401 names the scheme that would have been accepted. */
const challenge = (failure: Failure): Record<string, string> =>
  failure.status === 401 ? { "WWW-Authenticate": "Bearer" } : {};

function retryHeaders(failure: Failure): Record<string, string> {
  if (failures[failure.code].retry === "never") return {};
  return failure.retryAfter === undefined ? {} : { "Retry-After": String(failure.retryAfter) };
}

/** Seconds that an SDK may wait by itself; for longer it is better that its caller decides. */
const longestSdkWait = 30;

/** What another try within seconds can't mend: limits of a day, and what another request holds. */
const unmendable = ["CREDITS_EXHAUSTED", "CONVERSATION_LIMIT_EXCEEDED", "IDEMPOTENCY_IN_PROGRESS"];

/**
 * OpenAI's SDKs retry 409, 429 and 5xx by themselves and obey `Retry-After` without a bound, so they
 * are told whether to. They read `retry-after-ms` first.
 */
function sdkRetryHeaders({ code, retryAfter = 0 }: Failure): Record<string, string> {
  const may = failures[code].retry === "later" && !unmendable.includes(code);
  const shouldRetry = may && retryAfter <= longestSdkWait;
  return {
    "x-should-retry": String(shouldRetry),
    ...(shouldRetry && retryAfter > 0 && { "retry-after-ms": String(retryAfter * 1_000) }),
  };
}
