import * as z from "zod";
import type { SettingsReader } from "../../settings/reader.ts";
import type { ReportStore } from "./report-store.ts";

const counts = z.record(z.string(), z.int());

/** GET /v1/admin-panel/statistics */
export const Statistics = z.object({
  user_statistics: z.object({
    total_users: z.int(),
    active_users: z.int(),
    verified_users: z.int(),
    new_users_today: z.int(),
    /** In the last 7 and 30 days. */
    new_users_this_week: z.int(),
    new_users_this_month: z.int(),
    users_by_type: counts,
    users_by_plan: counts,
  }),
  /** Since midnight UTC. */
  api_statistics: z.object({
    api_calls_today: z.int(),
    messages_today: z.int(),
    tokens_used_today: z.int(),
  }),
  system_statistics: z.object({
    /** Users with a session that has not expired; not how many sessions they have. */
    active_sessions: z.int(),
    timestamp: z.iso.datetime(),
  }),
});

const day = 24 * 3_600_000;

/** Figures of the whole service at `now`. */
export async function statistics(
  { reports, settings }: { reports: ReportStore; settings: SettingsReader },
  now: Date,
): Promise<z.output<typeof Statistics>> {
  const midnight = new Date(now.getTime() - (now.getTime() % day));
  const ago = (days: number) => new Date(now.getTime() - days * day);
  const { plans } = await settings.current();
  const byName = async (names: readonly string[], count: (name: string) => Promise<number>) =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await count(name)] as const)),
    );
  const [total, active, verified, today, week, month, byType, byPlan, usage, signedIn] =
    await Promise.all([
      reports.users(),
      reports.active(),
      reports.verified(),
      reports.madeSince(midnight),
      reports.madeSince(ago(7)),
      reports.madeSince(ago(30)),
      byName(["Personal", "Business"], reports.ofType),
      byName(Object.keys(plans), reports.ofPlan),
      reports.usageSince(midnight),
      reports.signedIn(now),
    ]);
  return {
    user_statistics: {
      total_users: total,
      active_users: active,
      verified_users: verified,
      new_users_today: today,
      new_users_this_week: week,
      new_users_this_month: month,
      users_by_type: byType,
      users_by_plan: byPlan,
    },
    api_statistics: {
      api_calls_today: usage.calls,
      messages_today: usage.messages,
      tokens_used_today: usage.tokens,
    },
    system_statistics: { active_sessions: signedIn, timestamp: now.toISOString() },
  };
}
