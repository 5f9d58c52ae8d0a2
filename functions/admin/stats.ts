import { serviceStats } from "../../lib/monitoring/check-service.ts";
import { ServiceStats } from "../../lib/monitoring/service-rules.ts";
import {
  addressRules,
  checkProviders,
  endpoint,
  settings,
  settingsRecords,
  staff,
} from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET /v1/admin/stats */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  reply: ServiceStats,
  run: () =>
    serviceStats({ settings, settingsRecords, addressRules, providers: checkProviders, version }),
});
