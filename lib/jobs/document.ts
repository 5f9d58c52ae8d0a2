import * as z from "zod";
import type { CollectionSpec } from "../db/collection-spec.ts";

const StoredJob = z.strictObject({
  _id: z.string(),
  /** Everything recorded up to here has been worked on. */
  watermark: z.date().optional(),
  /** Who works on it, and until when nobody else does. */
  lease: z.strictObject({ holder: z.string(), until: z.date() }).optional(),
  /** Usage events before this hour are being removed, or have been. */
  removedBefore: z.date().optional(),
});
export type StoredJob = z.output<typeof StoredJob>;

/** Watermark and lease of scheduled jobs, by their names. */
export const jobsCollection = {
  name: "jobs",
  schema: StoredJob,
  indexes: [],
} satisfies CollectionSpec;
