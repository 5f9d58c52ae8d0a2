import type { UsageCaller } from "../usage/request-usage.ts";
import type { HttpMiddleware } from "./request.ts";

/** Leaves the usage event of a request of somebody known, however it was answered. */
export function leaveUsage(): HttpMiddleware {
  const end: HttpMiddleware["after"] = async ({ context, response }) => {
    if (!response) return;
    const { statusCode: status, body } = response;
    const size = typeof body === "string" ? Buffer.byteLength(body) : 0;
    await context.facts?.usage.end({ status, failure: context.failure, size });
  };
  return { after: end, onError: end };
}

/** Whom a guard has found, for the usage event; undefined if it looks for nobody. */
export const usageCallerOf = (caller: object): UsageCaller | undefined =>
  "now" in caller && ("account" in caller || "staff" in caller)
    ? (caller as UsageCaller)
    : undefined;
