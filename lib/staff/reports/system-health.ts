import * as z from "zod";
import { checkHealth, type HealthDeps } from "../../monitoring/check-health.ts";
import { Health } from "../../monitoring/rules.ts";
import type { ReportStore } from "./report-store.ts";

/** GET /v1/admin-panel/health */
export const SystemHealth = Health.extend({
  /** `degraded`: something waits that a job should have ended. */
  status: z.enum(["healthy", "degraded"]),
  database_connected: z.literal(true),
  total_users: z.int(),
  /** Users with a session that has not expired. */
  active_sessions: z.int(),
  waiting: z.object({
    /** Accounts with holds that expired more than five minutes ago, and with postings older than that. */
    expired_holds: z.int(),
    open_postings: z.int(),
    /** Mails in the outbox. */
    mails: z.int(),
  }),
});

interface SystemDeps extends HealthDeps {
  reports: Pick<ReportStore, "users" | "signedIn" | "waiting">;
}

/** The sweep comes every minute. */
const tooLong = 5 * 60_000;

/** What works, and what waits. @throws Failure DATABASE_UNAVAILABLE */
export async function systemHealth(
  { reports, ...deps }: SystemDeps,
  now: Date,
): Promise<z.output<typeof SystemHealth>> {
  const [health, users, signedIn, waiting] = await Promise.all([
    checkHealth(deps),
    reports.users(),
    reports.signedIn(now),
    reports.waiting(new Date(now.getTime() - tooLong)),
  ]);
  const { holds, postings, mails } = waiting;
  return {
    ...health,
    status: holds + postings > 0 ? "degraded" : "healthy",
    database_connected: true,
    total_users: users,
    active_sessions: signedIn,
    waiting: { expired_holds: holds, open_postings: postings, mails },
  };
}
