import { endpoint, reports, settings, staff, statistics } from "../../../lib/runtime.ts";
import { Statistics, viewStatistics } from "../../../lib/staff/reports/statistics.ts";

/** GET /v1/admin-panel/statistics */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  reply: Statistics,
  run: ({ now }) => viewStatistics({ reports, settings, statistics }, now),
});
