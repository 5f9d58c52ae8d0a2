import * as z from "zod";
import { endpoint, reports, settings, staff, statistics } from "../../../lib/runtime.ts";
import { Statistics, viewStatistics } from "../../../lib/staff/reports/statistics.ts";

/** GET /v1/admin-panel/statistics */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  // Its counts are not made for who mistakes them for something that can be filtered.
  query: z.object({}),
  reply: Statistics,
  run: ({ now }) => viewStatistics({ reports, settings, statistics }, now),
});
