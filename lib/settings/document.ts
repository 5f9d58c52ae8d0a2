import * as z from "zod";
import type { CollectionSpec } from "../db/collection-spec.ts";

/** Switches, plans, prices and system prompts, one document each, read by every process every 10 s. */
export const settingsCollection = {
  name: "settings",
  schema: z.strictObject({
    _id: z.string(),
    /** Grows by one with each change; a change names the version it was made from. */
    version: z.int().min(1),
    /** Only what differs from the defaults. */
    value: z.looseObject({}),
    updatedAt: z.date(),
    updatedBy: z.string().optional(),
  }),
  indexes: [],
} satisfies CollectionSpec;
