import { checkHealth } from "../../lib/monitoring/check-health.ts";
import { Health } from "../../lib/monitoring/rules.ts";
import { database, endpoint, env, providers } from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET /v1/monitoring/health */
export const handler = endpoint({
  reply: Health,
  fails: ["DATABASE_UNAVAILABLE"],
  run: () => checkHealth({ database, env, providers, version }),
});
