import * as z from "zod";
import { accountsCollection } from "./accounts/document.ts";
import type { CollectionSpec } from "./db/collection-spec.ts";

/** Watermark and lease of each scheduled job, by its name. */
const jobs = {
  name: "jobs",
  schema: z.strictObject({
    _id: z.string(),
    /** Everything recorded up to here has been worked on. */
    watermark: z.date().optional(),
    lease: z.strictObject({ holder: z.string(), until: z.date() }).optional(),
  }),
  indexes: [],
} satisfies CollectionSpec;

/** Switches, plans, prices and system prompts, one document each, read by every process every 10 s. */
const settings = {
  name: "settings",
  schema: z.strictObject({
    _id: z.string(),
    /** Grows by one with each change; a change names the version it was made from. */
    version: z.int().min(1),
    value: z.looseObject({}),
    updatedAt: z.date(),
    updatedBy: z.string().optional(),
  }),
  indexes: [],
} satisfies CollectionSpec;

/** Every collection of the service. */
export const collections: readonly CollectionSpec[] = [accountsCollection, jobs, settings];
