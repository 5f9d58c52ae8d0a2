import { categoryOf, isFailureCode } from "../fingerprint.ts";
import type { OverviewStore } from "./overview-store.ts";
import type { ErrorList } from "./staff-rules.ts";

/** The most frequent failures of the last hours, of requests with a known caller; the others are in the logs. */
export async function listErrors(
  { overview }: { overview: Pick<OverviewStore, "failures"> },
  { now, query: { hours, limit } }: { now: Date; query: { hours: number; limit: number } },
): Promise<ErrorList> {
  const from = new Date(now.getTime() - hours * 3_600_000);
  const failures = await overview.failures(from, limit);
  return {
    timestamp: now.toISOString(),
    range: { from: from.toISOString(), to: now.toISOString() },
    errors: failures.map((one) => ({
      fingerprint: one._id,
      category: isFailureCode(one.code) ? categoryOf(one.code) : "unknown",
      code: one.code,
      endpoint: one.endpoint,
      count: one.count,
      callers: one.callers,
      first_seen: one.firstSeen.toISOString(),
      last_seen: one.lastSeen.toISOString(),
      last_request_id: one.lastRequest,
    })),
  };
}
