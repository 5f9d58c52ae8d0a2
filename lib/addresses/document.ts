import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";
import { actions, scopes } from "./rules.ts";

/** 32 hexadecimal digits, as lib/keys/cidr.ts makes them. */
const digits = z.string();

export const StoredRule = z.object({
  id: objectId,
  action: z.enum(actions),
  scope: z.enum(scopes),
  /** Whose requests it is about; only in scope `account`. */
  account: objectId.optional(),
  /** First and last address. */
  range: z.object({ from: digits, to: digits }),
  description: z.string(),
  /** A rule that is switched off is kept and counts for nothing. */
  active: z.boolean(),
  expiresAt: z.date().optional(),
  /** A member of staff. */
  createdBy: objectId,
  createdAt: z.date(),
});
export type StoredRule = z.output<typeof StoredRule>;

/**
 * All rules in one document, because a change is judged by what all of them come to together: it
 * names the version that it was judged by, and is lost if another was first.
 */
export const ipRulesCollection = {
  name: "ipRules",
  schema: z.strictObject({
    _id: z.string(),
    version: z.int().min(1),
    rules: z.array(StoredRule),
    updatedAt: z.date(),
    updatedBy: z.string().optional(),
  }),
  indexes: [],
} satisfies CollectionSpec;
