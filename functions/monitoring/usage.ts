import { endpoint, sessionOrKey, statistics } from "../../lib/runtime.ts";
import { reportUsage } from "../../lib/usage/report-usage.ts";
import { OwnUsage, UsageQuery } from "../../lib/usage/rules.ts";
import { usageTable } from "../../lib/usage/usage-csv.ts";

/** GET /v1/monitoring/usage: one's own, right up to this moment; as CSV for `Accept: text/csv` */
export const handler = endpoint({
  guard: sessionOrKey({ scope: "usage:read" }),
  query: UsageQuery,
  reply: OwnUsage,
  table: usageTable,
  fails: ["DATABASE_UNAVAILABLE"],
  run: ({ account, now, query }) => reportUsage({ statistics }, { account, now, query }),
});
