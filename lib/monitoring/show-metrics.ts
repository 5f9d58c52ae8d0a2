import { allUsage, type Counted } from "../usage/current-rows.ts";
import { addedUp, figuresView } from "../usage/figures.ts";
import type { Dimensions, StatisticsStore } from "../usage/statistics-store.ts";
import type { OverviewStore } from "./overview-store.ts";
import type { Metrics } from "./staff-rules.ts";

const hour = 3_600_000;

interface MetricsDeps {
  statistics: Pick<StatisticsStore, "allRows" | "allTail">;
  overview: Pick<OverviewStore, "counts">;
}

/** All accounts together, over the last 24 hours up to this moment. */
export async function showMetrics(
  { statistics, overview }: MetricsDeps,
  { now }: { now: Date },
): Promise<Metrics> {
  const to = new Date((Math.floor(now.getTime() / hour) + 1) * hour);
  const from = new Date(to.getTime() - 24 * hour);
  const [parts, counts] = await Promise.all([
    allUsage(statistics, { from, to, bucket: "hour" }),
    overview.counts({ since: from, now }),
  ]);
  const usage = figuresView(addedUp(parts));
  const by = <Name extends keyof Dimensions>(name: Name) =>
    [...Map.groupBy(parts, ({ key }) => key[name])].map(
      ([value, some]: [Dimensions[Name], Counted<Dimensions>[]]) =>
        [value, figuresView(addedUp(some))] as const,
    );
  return {
    timestamp: now.toISOString(),
    user_metrics: { total_users: counts.users, active_users: counts.active },
    api_metrics: {
      api_calls_24h: usage.requests,
      messages_24h: usage.messages,
      tokens_used_24h: usage.tokens.total,
    },
    security_metrics: { security_events_24h: counts.securityEvents },
    system_metrics: {
      message_queue_size: counts.waiting,
      holds_overdue: counts.holdsOverdue,
    },
    range: { from: from.toISOString(), to: to.toISOString() },
    usage,
    by_endpoint: by("endpoint").map(([endpoint, figures]) => ({ endpoint, ...figures })),
    by_model: by("model").map(([model, figures]) => ({ model, ...figures })),
    by_status: by("class").map(([status, figures]) => ({ status, ...figures })),
  };
}
