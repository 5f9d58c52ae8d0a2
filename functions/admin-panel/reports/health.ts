import { database, endpoint, env, providers, reports, staff } from "../../../lib/runtime.ts";
import { SystemHealth, systemHealth } from "../../../lib/staff/reports/system-health.ts";
import { version } from "../../../lib/version.ts";

/** GET /v1/admin-panel/health */
export const handler = endpoint({
  guard: staff({ admin: true }),
  reply: SystemHealth,
  run: ({ now }) => systemHealth({ database, env, providers, reports, version }, now),
});
