import type { AnyClientBulkWriteModel, Db, Document, ObjectId } from "mongodb";
import type * as z from "zod";
import { accountsCollection, type StoredPosting } from "../accounts/document.ts";
import { type LedgerEntry, ledgerCollection } from "./ledger.ts";

/** A change of a balance that waits in the account for its ledger entry. */
export type Posting = z.output<typeof StoredPosting>;

/**
 * The two steps of a `client.bulkWrite` that finish a posting that stands in its account: the ledger
 * entry, then the posting's end. Both may run again; the change of the balance itself, which
 * wrote the posting, may not.
 */
export function finishPosting(
  db: Db,
  account: ObjectId,
  { id, amount, kind, reason, actor, at }: Posting,
): AnyClientBulkWriteModel<Document>[] {
  const { _id, ...entry }: LedgerEntry = {
    _id: id,
    account,
    kind,
    credits: { allowance: 0, balance: amount },
    reason,
    actor,
    at,
  };
  return [
    {
      name: "updateOne",
      namespace: `${db.databaseName}.${ledgerCollection.name}`,
      filter: { _id } as Document,
      update: { $setOnInsert: entry },
      upsert: true,
    },
    {
      name: "updateOne",
      namespace: `${db.databaseName}.${accountsCollection.name}`,
      filter: { _id: account },
      update: { $pull: { postings: { id } } as Document },
    },
  ];
}
