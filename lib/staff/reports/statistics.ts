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

/** One count after the other, so that many of them do not keep others' requests from the database. */
async function byName(
  names: readonly string[],
  count: (name: string) => Promise<number>,
): Promise<Record<string, number>> {
  const counted: [string, number][] = [];
  for (const name of names) counted.push([name, await count(name)]);
  return Object.fromEntries(counted);
}

/** Figures of the whole service at `now`. */
export async function statistics(
  { reports, settings }: { reports: ReportStore; settings: SettingsReader },
  now: Date,
): Promise<z.output<typeof Statistics>> {
  const midnight = new Date(now.getTime() - (now.getTime() % day));
  const ago = (days: number) => new Date(now.getTime() - days * day);
  const { plans } = await settings.current();
  const { calls, messages, tokens } = await reports.usageSince(midnight);
  return {
    user_statistics: {
      total_users: await reports.users(),
      active_users: await reports.active(),
      verified_users: await reports.verified(),
      new_users_today: await reports.madeSince(midnight),
      new_users_this_week: await reports.madeSince(ago(7)),
      new_users_this_month: await reports.madeSince(ago(30)),
      users_by_type: await byName(["Personal", "Business"], reports.ofType),
      users_by_plan: await byName(Object.keys(plans), reports.ofPlan),
    },
    api_statistics: {
      api_calls_today: calls,
      messages_today: messages,
      tokens_used_today: tokens,
    },
    system_statistics: {
      active_sessions: await reports.signedIn(now),
      timestamp: now.toISOString(),
    },
  };
}
