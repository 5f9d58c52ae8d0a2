import { ServiceCard, serviceName } from "../../lib/monitoring/rules.ts";
import { publicEndpoint } from "../../lib/runtime.ts";
import { version } from "../../lib/version.ts";

/** GET / */
export const handler = publicEndpoint({
  reply: ServiceCard,
  run: () => ({ service: serviceName, version, status: "running" as const, docs: "/docs" }),
});
