import type { Db, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { ledgerCollection } from "./ledger.ts";

const Audited = StoredAccount.pick({
  _id: true,
  username: true,
  balance: true,
  holds: true,
  postings: true,
  last: true,
}).strip();
/** Of an account, what its ledger must agree with. */
export type AuditedAccount = z.output<typeof Audited>;

const projection = Object.fromEntries(Object.keys(Audited.shape).map((name) => [name, 1]));

const accountsOf = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

/** Accounts and the sums of their ledgers. */
export function auditStore(database: Pick<Database, "run">) {
  return {
    /** Accounts in the order of their ids, after the one given. */
    page: async (after: ObjectId | undefined, size: number): Promise<AuditedAccount[]> => {
      const found = await database.run((db) =>
        accountsOf(db)
          .find(after ? { _id: { $gt: after } } : {}, { projection })
          .sort({ _id: 1 })
          .limit(size)
          .toArray(),
      );
      return z.array(Audited).parse(found);
    },

    /** The same accounts as they are now; one that was removed is missing. */
    again: async (ids: readonly ObjectId[]): Promise<AuditedAccount[]> => {
      const found = await database.run((db) =>
        accountsOf(db)
          .find({ _id: { $in: [...ids] } }, { projection })
          .toArray(),
      );
      return z.array(Audited).parse(found);
    },

    /** What the ledgers add up to in balance, by account, without the entries of what is still open. */
    ledgerSums: async (accounts: readonly AuditedAccount[]): Promise<Map<string, number>> => {
      const open = accounts.flatMap(({ holds, postings }) =>
        [...holds, ...postings].map(({ id }) => id),
      );
      const sums = await database.run((db) =>
        db
          .collection(ledgerCollection.name)
          .aggregate<{ _id: ObjectId; balance: number }>([
            { $match: { account: { $in: accounts.map(({ _id }) => _id) } } },
            { $match: { _id: { $nin: open } } },
            { $group: { _id: "$account", balance: { $sum: "$credits.balance" } } },
          ])
          .toArray(),
      );
      return new Map(sums.map(({ _id, balance }) => [_id.toHexString(), balance]));
    },
  };
}

export type AuditStore = ReturnType<typeof auditStore>;
