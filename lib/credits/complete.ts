import type { AnyClientBulkWriteModel, Db, Document } from "mongodb";
import { accountsCollection } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { MeteredFacts } from "../usage/event.ts";
import { type LedgerEntry, ledgerCollection } from "./ledger.ts";

/**
 * What follows from an event that stands, as the last steps of a `client.bulkWrite`: the ledger
 * entry, then the end of the hold. They need nothing but the event and the hold, and may run again.
 */
export const completion = (db: Db, event: MeteredFacts): AnyClientBulkWriteModel<Document>[] => [
  keepEntry(db, event),
  endHold(db, event),
];

/** Makes true what a stored event says, however often and by how many it is asked for. */
export const complete = (database: Pick<Database, "run">, event: MeteredFacts): Promise<unknown> =>
  database.run((db) => db.client.bulkWrite(completion(db, event)));

/** One entry for each hold, of amount 0 if nothing was charged. */
function keepEntry(db: Db, event: MeteredFacts): AnyClientBulkWriteModel<Document> {
  const { allowance, balance } = event.credits;
  const entry: Omit<LedgerEntry, "_id"> = {
    account: event.account,
    kind: "request",
    // 0 - 0 is 0, while the negative of 0 is stored as another number.
    credits: { allowance: 0 - allowance, balance: 0 - balance },
    reason: event.endpoint,
    actor: `account:${event.account.toHexString()}`,
    at: event.at,
  };
  return {
    name: "updateOne",
    namespace: `${db.databaseName}.${ledgerCollection.name}`,
    filter: { _id: event._id } as Document,
    update: { $setOnInsert: entry },
    upsert: true,
  };
}

/** Removes the hold and gives back what it has more than was charged. Without the hold it does nothing. */
function endHold(db: Db, { _id, account, credits, conversations }: MeteredFacts) {
  const total = credits.allowance + credits.balance;
  const back = (held: unknown, used: number): Document => ({ $subtract: [held, used] });
  // Of another day nothing comes back: that day's figures are over.
  const lessUsed = (field: string, value: Document): Document => ({
    $cond: [
      { $eq: [`$${field}.day`, "$_hold.day"] },
      { $mergeObjects: [`$${field}`, { used: value }] },
      `$${field}`,
    ],
  });
  const held = { $add: ["$_hold.credits.allowance", "$_hold.credits.balance"] };
  const uncapped = { $max: [0, { $subtract: ["$$one.cap.used", back(held, total)] }] };
  const isCapped = {
    $and: [{ $eq: ["$$one.id", "$_hold.key"] }, { $ne: [{ $type: "$$one.cap" }, "missing"] }],
  };
  const changes: Document = {
    allowance: lessUsed("allowance", {
      $max: [
        0,
        { $subtract: ["$allowance.used", back("$_hold.credits.allowance", credits.allowance)] },
      ],
    }),
    // May fall below 0: extra for today.
    conversations: lessUsed("conversations", {
      $subtract: ["$conversations.used", back("$_hold.conversations", conversations)],
    }),
    balance: { $add: ["$balance", back("$_hold.credits.balance", credits.balance)] },
    keys: {
      $map: {
        input: "$keys",
        as: "one",
        in: {
          $cond: [
            isCapped,
            {
              $mergeObjects: [
                "$$one",
                { cap: { $mergeObjects: ["$$one.cap", { used: uncapped }] } },
              ],
            },
            "$$one",
          ],
        },
      },
    },
    holds: { $filter: { input: "$holds", as: "one", cond: { $ne: ["$$one.id", literal(_id)] } } },
  };
  const hold = {
    $first: {
      $filter: { input: "$holds", as: "one", cond: { $eq: ["$$one.id", literal(_id)] } },
    },
  };
  return {
    name: "updateOne" as const,
    namespace: `${db.databaseName}.${accountsCollection.name}`,
    filter: { _id: account, "holds.id": _id } as Document,
    update: [{ $set: { _hold: hold } }, { $set: changes }, { $unset: "_hold" }],
  };
}
