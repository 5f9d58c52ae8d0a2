import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";

/** What is kept of an account that was deleted: who it was, and no secret. */
export const deletedAccountsCollection = {
  name: "deletedAccounts",
  schema: z.strictObject({
    /** As the account's was. */
    _id: objectId,
    username: z.string(),
    name: z.string(),
    email: z.string(),
    userType: z.string(),
    plan: z.string(),
    /** Credits that were left on it. */
    balance: z.int(),
    createdAt: z.date(),
    deletedAt: z.date(),
    /** `account` for its owner. */
    deletedBy: z.string(),
    reason: z.string(),
  }),
  indexes: [
    { name: "deleted", key: { deletedAt: -1 } },
    { name: "username", key: { username: 1 } },
  ],
} satisfies CollectionSpec;

export type DeletedAccount = z.output<typeof deletedAccountsCollection.schema>;
