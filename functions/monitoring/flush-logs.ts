import { flushUsage } from "../../lib/monitoring/flush-usage.ts";
import { Flushed } from "../../lib/monitoring/staff-rules.ts";
import { aggregating, endpoint, rollingUp, staff } from "../../lib/runtime.ts";
import { aggregateUsage, aggregatingJob } from "../../lib/usage/aggregate-usage.ts";
import { rollUpDays } from "../../lib/usage/roll-up-days.ts";

/** Milliseconds of each of the two jobs, within the function's 28 s. */
const budget = 5_000;

/** POST /v1/monitoring/flush-logs */
export const handler = endpoint({
  guard: staff({ admin: "api_usage" }),
  reply: Flushed,
  run: ({ now }) =>
    flushUsage(
      {
        aggregate: () => aggregateUsage(aggregating, { budget }),
        rollUp: () => rollUpDays(rollingUp, { budget }),
        countedUpTo: async () => (await aggregating.leases.state(aggregatingJob)).watermark,
      },
      { now },
    ),
});
