import { endpoint, reports, settings, staff } from "../../../lib/runtime.ts";
import { Statistics, statistics } from "../../../lib/staff/reports/statistics.ts";

/** GET /v1/admin-panel/statistics */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  reply: Statistics,
  run: ({ now }) => statistics({ reports, settings }, now),
});
