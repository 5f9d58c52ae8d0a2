import { aggregating, job } from "../../lib/runtime.ts";
import { aggregateUsage } from "../../lib/usage/aggregate-usage.ts";

/** Every 5 minutes: counts usage by the hour. Ends before its timeout of 300 s. */
export const handler = job("aggregate-usage", () =>
  aggregateUsage(aggregating, { budget: 200_000 }),
);
