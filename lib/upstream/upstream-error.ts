import * as z from "zod";
import { Failure } from "../errors.ts";
import { redactText } from "../redact.ts";

/** What to do after a try that failed: the same provider again, the next one, or give up. */
type Next = "again" | "next provider" | "give up";

/** A try that failed, and what the caller is told if it was the last. */
export class UpstreamError extends Error {
  readonly failure: Failure;
  readonly next: Next;
  /** Milliseconds that the provider asks to wait. */
  readonly waitMs: number | undefined;

  constructor(failure: Failure, next: Next, waitMs?: number) {
    super(failure.message, { cause: failure.cause });
    this.name = "UpstreamError";
    this.failure = failure;
    this.next = next;
    this.waitMs = waitMs;
  }
}

/** Statuses by which a provider says that the request itself is at fault; any provider would. */
const rejecting = [400, 413, 415, 422];

const ErrorBody = z.object({
  error: z.object({ message: z.string().optional(), param: z.string().nullish() }),
});

/** Seconds after which a caller may ask again, where a provider is too busy and says nothing else, and at most. */
const busyFor = 5;
const longestBusy = 300;

/**
 * What an answer that is none means. Only what a provider says about the request itself reaches the
 * caller, without what looks like a key or an account: everything else is between us and the provider.
 */
export function refusalOf(status: number, headers: Headers, body: string): UpstreamError {
  const cause = `status ${status}: ${body.slice(0, 500)}`;
  if (rejecting.includes(status)) {
    return new UpstreamError(
      new Failure("UPSTREAM_REJECTED", { errors: [saidIn(body)] }),
      "give up",
    );
  }
  const waitMs = retryAfter(headers);
  if (status === 429) {
    const seconds = waitMs === undefined ? busyFor : Math.ceil(waitMs / 1_000);
    const failure = new Failure("UPSTREAM_BUSY", {
      cause,
      retryAfter: Math.min(Math.max(1, seconds), longestBusy),
    });
    return new UpstreamError(failure, "again", waitMs);
  }
  const failure = new Failure("UPSTREAM_FAILED", { cause });
  return new UpstreamError(failure, status >= 500 ? "again" : "next provider", waitMs);
}

/** What went wrong without a status: a connection that failed or broke, or an answer that is none. */
export const brokenOff = (cause: unknown): UpstreamError =>
  new UpstreamError(new Failure("UPSTREAM_FAILED", { cause }), "again");

/** A provider that sends more than anybody keeps would again. */
export const tooLong = (): UpstreamError =>
  new UpstreamError(
    new Failure("UPSTREAM_FAILED", { cause: "the answer is too long" }),
    "next provider",
  );

/** A provider that is silent for too long would be again. */
export const timedOut = (): UpstreamError =>
  new UpstreamError(new Failure("UPSTREAM_TIMEOUT"), "next provider");

function saidIn(body: string): { path: string; message: string } {
  const parsed = ErrorBody.safeParse(jsonOf(body));
  const { message = "", param } = parsed.success ? parsed.data.error : {};
  return {
    path: withoutAccount(param ?? "").slice(0, 100),
    message: withoutAccount(message) || "The model gives no reason.",
  };
}

/** Ids of keys, organisations, projects and requests, addresses, mail addresses. */
const accountDetails =
  /\b(?:org|proj|req|user|acct)[-_][\w-]{6,}|\bhttps?:\/\/\S+|[\w.+-]+@[\w-]+\.[\w.-]+/gi;

const withoutAccount = (text: string): string =>
  redactText(text).replace(accountDetails, "[removed]").slice(0, 500);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Milliseconds of `retry-after-ms`, or of `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). */
function retryAfter(headers: Headers): number | undefined {
  const precise = numberIn(headers.get("retry-after-ms"));
  if (precise !== undefined) return precise;
  const text = headers.get("retry-after") ?? "";
  const seconds = numberIn(text);
  if (seconds !== undefined) return seconds * 1_000;
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const numberIn = (text: string | null): number | undefined =>
  text !== null && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
