import * as z from "zod";
import type { SettingsReader } from "../../settings/reader.ts";
import { allUsage } from "../../usage/current-rows.ts";
import { addedUp, figuresView } from "../../usage/figures.ts";
import type { StatisticsStore } from "../../usage/statistics-store.ts";
import type { ReportStore } from "./report-store.ts";

const counts = z.record(z.string(), z.int());

/** GET /v1/admin-panel/statistics: days are UTC's, a week is 7 of them and a month 30, today's among them. */
export const Statistics = z.object({
  user_statistics: z.object({
    total_users: z.int(),
    active_users: z.int(),
    verified_users: z.int(),
    new_users_today: z.int(),
    new_users_this_week: z.int(),
    new_users_this_month: z.int(),
    users_by_type: counts,
    users_by_plan: counts,
  }),
  api_statistics: z.object({
    /** Since when is counted in the totals: 365 days. */
    since: z.iso.datetime(),
    total_api_calls: z.int(),
    total_messages: z.int(),
    total_tokens_used: z.int(),
    api_calls_today: z.int(),
    requests_this_week: z.int(),
    requests_this_month: z.int(),
    /** These four of the month. */
    requests_by_endpoint: counts,
    /** Milliseconds; null without requests. */
    average_response_time: z.number().nullable(),
    p95_response_time: z.number().nullable(),
    /** From 0 to 1. */
    error_rate: z.number(),
  }),
  system_statistics: z.object({
    /** Users with a session that has not expired; not how many sessions they have. */
    active_sessions: z.int(),
    timestamp: z.iso.datetime(),
  }),
});
type Statistics = z.output<typeof Statistics>;

interface StatisticsDeps {
  reports: ReportStore;
  statistics: Pick<StatisticsStore, "allRows" | "allTail">;
  settings: SettingsReader;
}

const day = 24 * 3_600_000;

/** Days that the totals go back. */
const furthest = 365;

/** The beginning of the day that is the first of so many, the one of `now` the last. */
const firstOf = (days: number, now: Date): Date =>
  new Date(now.getTime() - (now.getTime() % day) - (days - 1) * day);

/** Figures of the whole service at `now`. */
export async function viewStatistics(deps: StatisticsDeps, now: Date): Promise<Statistics> {
  return {
    user_statistics: await ofUsers(deps, now),
    api_statistics: await ofRequests(deps, now),
    system_statistics: {
      active_sessions: await deps.reports.signedIn(now),
      timestamp: now.toISOString(),
    },
  };
}

// One count after the other, so that many of them do not keep others' requests from the database.

async function ofUsers(
  { reports, settings }: StatisticsDeps,
  now: Date,
): Promise<Statistics["user_statistics"]> {
  const { plans } = await settings.current();
  return {
    total_users: await reports.users(),
    active_users: await reports.active(),
    verified_users: await reports.verified(),
    new_users_today: await reports.madeSince(firstOf(1, now)),
    new_users_this_week: await reports.madeSince(firstOf(7, now)),
    new_users_this_month: await reports.madeSince(firstOf(30, now)),
    users_by_type: await byName(["Personal", "Business"], reports.ofType),
    users_by_plan: await byName(Object.keys(plans), reports.ofPlan),
  };
}

async function byName(
  names: readonly string[],
  count: (name: string) => Promise<number>,
): Promise<Record<string, number>> {
  const counted: [string, number][] = [];
  for (const name of names) counted.push([name, await count(name)]);
  return Object.fromEntries(counted);
}

async function ofRequests(
  { statistics }: StatisticsDeps,
  now: Date,
): Promise<Statistics["api_statistics"]> {
  const to = new Date(firstOf(1, now).getTime() + day);
  const last = (days: number) =>
    allUsage(statistics, { from: firstOf(days, now), to, bucket: "day" });
  const all = figuresView(addedUp(await last(furthest)));
  const parts = await last(30);
  const month = figuresView(addedUp(parts));
  const byEndpoint = Map.groupBy(parts, ({ key }) => key.endpoint);
  return {
    since: firstOf(furthest, now).toISOString(),
    total_api_calls: all.requests,
    total_messages: all.messages,
    total_tokens_used: all.tokens.total,
    api_calls_today: addedUp(await last(1)).requests,
    requests_this_week: addedUp(await last(7)).requests,
    requests_this_month: month.requests,
    requests_by_endpoint: Object.fromEntries(
      [...byEndpoint].map(([endpoint, some]) => [endpoint, addedUp(some).requests]),
    ),
    average_response_time: month.latency_ms.average,
    p95_response_time: month.latency_ms.p95,
    error_rate: month.error_rate,
  };
}
