import * as z from "zod";

/** Name of the service as its public endpoints give it. */
export const serviceName = "PromptEnchanter" as const;

/** GET / */
export const ServiceCard = z.object({
  service: z.literal(serviceName),
  version: z.string(),
  status: z.literal("running"),
  docs: z.string(),
});

/** GET /health: says that functions run, and looks at nothing else. */
export const Liveness = z.object({
  status: z.literal("healthy"),
  service: z.literal(serviceName),
  version: z.string(),
});

const Optional = z.object({ status: z.enum(["configured", "off"]) });

/** GET /v1/monitoring/health: looks at the database; names no address and no secret. */
export const Health = z.object({
  status: z.literal("healthy"),
  timestamp: z.iso.datetime(),
  version: z.string(),
  components: z.object({
    database: z.object({
      status: z.literal("healthy"),
      type: z.literal("mongodb"),
      /** Milliseconds. */
      round_trip_ms: z.number().nonnegative(),
    }),
    mail: Optional,
    upstream: Optional,
  }),
});
