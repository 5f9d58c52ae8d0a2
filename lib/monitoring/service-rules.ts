import * as z from "zod";

/** GET /v1/admin/health */
export const ServiceHealth = z.object({
  status: z.enum(["healthy", "degraded"]),
  version: z.string(),
  /** Without it there is no answer but 503. */
  database_connected: z.literal(true),
  database_round_trip_ms: z.number().nonnegative(),
  /** Whether a provider of models answers. */
  wapi_accessible: z.boolean(),
  providers: z.array(
    z.object({
      name: z.string(),
      state: z.enum(["answers", "busy", "failed"]),
      response_ms: z.int().nonnegative(),
    }),
  ),
});

/** GET /v1/admin/stats */
export const ServiceStats = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({
    cache: z.object({
      settings_version: z.int(),
      /** In the process that answers; the others may have another for `longest_seconds`. */
      settings_version_in_use: z.int(),
      /** Expired ones and those that are switched off included. */
      address_rules: z.int(),
      longest_seconds: z.number(),
    }),
    wapi: z.object({ accessible: z.boolean() }),
    system: z.object({ version: z.string() }),
  }),
});
