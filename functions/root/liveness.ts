import { Liveness, serviceName } from "../../lib/monitoring/rules.ts";
import { staticEndpoint } from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET /health */
export const handler = staticEndpoint({
  reply: Liveness,
  run: () => ({ status: "healthy" as const, service: serviceName, version }),
});
