import * as z from "zod";
import type { CollectionSpec } from "../../db/collection-spec.ts";

/** Attempts to sign in, to prove a password and to register, by whose or from where. */
export const throttleCollection = {
  name: "loginThrottle",
  schema: z.strictObject({
    /** The kind of attempt, then the address or the hash of the name. */
    _id: z.string(),
    counted: z.int().min(0),
    until: z.date(),
    open: z.array(z.strictObject({ id: z.string(), at: z.date() })),
  }),
  // What is over is only in the way; each statement tests `until` itself.
  indexes: [{ name: "expiry", key: { until: 1 }, expireAfterSeconds: 120 }],
} satisfies CollectionSpec;
