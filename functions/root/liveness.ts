import { Liveness, serviceName } from "../../lib/monitoring/rules.ts";
import { publicEndpoint } from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET /health */
export const handler = publicEndpoint({
  reply: Liveness,
  run: () => ({ status: "healthy" as const, service: serviceName, version }),
});
