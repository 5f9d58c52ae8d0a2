import type { IndexDescription } from "mongodb";
import * as z from "zod";

/** A collection as it should be: who may be stored in it and how it is found. */
export interface CollectionSpec {
  name: string;
  /** The form of its documents, `_id` included; unknown fields are refused by the database. */
  schema: z.ZodObject;
  /** Each with a name of its own, so that a changed index is seen as changed. */
  indexes: readonly (IndexDescription & { name: string })[];
}

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
export const collections: readonly CollectionSpec[] = [jobs, settings];
