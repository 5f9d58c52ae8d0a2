import * as z from "zod";
import type { CollectionSpec } from "../../db/collection-spec.ts";

/** What is known of the attempts of one kind against one key. */
export const StoredThrottle = z.object({
  counted: z.int().min(0),
  until: z.date(),
  open: z.array(z.object({ id: z.string(), at: z.date() })),
});

/** Attempts to sign in, to register and to get a link by mail, by whose or from where. */
export const throttleCollection = {
  name: "loginThrottle",
  schema: StoredThrottle.extend({
    /** The kind of attempt, then the address or the hash of the name. */
    _id: z.string(),
  }),
  // What is over is only in the way; each statement tests `until` itself.
  indexes: [{ name: "expiry", key: { until: 1 }, expireAfterSeconds: 120 }],
} satisfies CollectionSpec;
