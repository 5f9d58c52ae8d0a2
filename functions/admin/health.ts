import { checkService } from "../../lib/monitoring/check-service.ts";
import { ServiceHealth } from "../../lib/monitoring/service-rules.ts";
import { checkProviders, database, endpoint, staff } from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET /v1/admin/health */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  reply: ServiceHealth,
  run: () => checkService({ database, providers: checkProviders, version }),
});
