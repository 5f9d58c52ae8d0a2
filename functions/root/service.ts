import { ServiceCard, serviceName } from "../../lib/monitoring/rules.ts";
import { staticEndpoint } from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET / */
export const handler = staticEndpoint({
  reply: ServiceCard,
  run: () => ({ service: serviceName, version, status: "running" as const, docs: "/docs" }),
});
