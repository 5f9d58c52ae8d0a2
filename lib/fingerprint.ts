import { createHash } from "node:crypto";
import { type Failure, type FailureCode, failures } from "./errors.ts";

/** Whose matter a failure is: the caller's, its limits', what we depend on, or our own. */
export type FailureCategory = "access" | "request" | "limit" | "dependency" | "internal";

/** Whether a stored code is one of today's. */
export const isFailureCode = (code: string): code is FailureCode => Object.hasOwn(failures, code);

/** The category of a failure, from its status. */
export function categoryOf(code: FailureCode): FailureCategory {
  const { status } = failures[code];
  if (status === 401 || status === 403) return "access";
  if (status === 429 || status === 423) return "limit";
  if (status < 500) return "request";
  return status === 500 ? "internal" : "dependency";
}

/** A frame of a stack that is ours: `functions/` and `lib/`, wherever the code was unpacked. */
const ownFrame =
  /^\s+at (?:async )?(?:(\S+) )?.*?\/((?:lib|functions)\/[\w./-]+?\.[cm]?[jt]s):\d+/m;

/**
 * Where in our code something was thrown, as `file name`; without line and column, which change with
 * each release. Of a failure with a cause, where the cause was.
 */
function placeOf(failure: Failure): string {
  for (const error of [failure.cause, failure]) {
    const [, name = "", file] = (error instanceof Error && ownFrame.exec(error.stack ?? "")) || [];
    if (file !== undefined) return name === "" ? file : `${file} ${name}`;
  }
  return "";
}

/** One name for all failures of one kind at one place: 16 hexadecimal digits. */
export const fingerprintOf = (failure: Failure, route: string): string =>
  createHash("sha256")
    .update([categoryOf(failure.code), failure.code, route, placeOf(failure)].join("\n"))
    .digest("hex")
    .slice(0, 16);

/** What a log line says of a failure. */
export const failureLabels = (failure: Failure, route: string): Record<string, string> => ({
  code: failure.code,
  category: categoryOf(failure.code),
  fingerprint: fingerprintOf(failure, route),
});
