import type { IndexDescription } from "mongodb";
import type * as z from "zod";

/** A collection as it should be: what may be stored in it and how it is found. */
export interface CollectionSpec {
  name: string;
  /** The form of its documents, `_id` included; unknown fields are refused by the database. */
  schema: z.ZodObject;
  /** Each with a name of its own, so that a changed index is seen as changed. */
  indexes: readonly (IndexDescription & { name: string })[];
}
