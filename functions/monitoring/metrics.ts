import { showMetrics } from "../../lib/monitoring/show-metrics.ts";
import { Metrics } from "../../lib/monitoring/staff-rules.ts";
import { endpoint, overview, staff, statistics } from "../../lib/runtime.ts";

/** GET /v1/monitoring/metrics */
export const handler = endpoint({
  guard: staff({ admin: "api_usage" }),
  reply: Metrics,
  run: ({ now }) => showMetrics({ statistics, overview }, { now }),
});
