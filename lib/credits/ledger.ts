import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";

/** One entry for each movement of credits, never changed and kept for ever. */
export const ledgerCollection = {
  name: "ledger",
  schema: z.strictObject({
    /** Of the posting, or of the request that spent. */
    _id: z.string(),
    account: objectId,
    kind: z.string(),
    /** What was added; below zero what was spent. */
    credits: z.strictObject({ allowance: z.int(), balance: z.int() }),
    reason: z.string(),
    /** `account:<id>`, `staff:<id>` or `service`. */
    actor: z.string(),
    at: z.date(),
  }),
  indexes: [{ name: "account", key: { account: 1, at: -1, _id: -1 } }],
} satisfies CollectionSpec;

export type LedgerEntry = z.output<typeof ledgerCollection.schema>;
