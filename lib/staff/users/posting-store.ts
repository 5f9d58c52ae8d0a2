import type { Db, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount } from "../../accounts/document.ts";
import { recordedChange } from "../../accounts/recorded-change.ts";
import { type LedgerEntry, ledgerCollection } from "../../credits/ledger.ts";
import { finishPosting, type Posting } from "../../credits/posting.ts";
import type { Database } from "../../db/connection.ts";
import { fieldsOf } from "../../db/fields-of.ts";
import { type NewPosting, posted } from "./new-posting.ts";
import { changeable, type Recorded } from "./user-store.ts";

const Balanced = StoredAccount.pick({
  _id: true,
  status: true,
  allowance: true,
  balance: true,
  postings: true,
  lastPosting: true,
}).extend({ now: z.date() });
export type BalancedAccount = z.output<typeof Balanced>;

/** What a balance can hold at most, far below where numbers lose their last digit. */
const highestBalance = 1_000_000_000_000;

interface BalanceChange extends Recorded {
  account: ObjectId;
  amount: number;
  posting: NewPosting;
  /** The account's last posting, if none may have come after it. */
  seen: { lastPosting: string | undefined } | undefined;
}

/** Changes of balances by staff. */
export function postingStore(database: Pick<Database, "run">) {
  const accountsOf = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);
  return {
    /** An account's balance and open postings, and the database's time. */
    read: async (account: ObjectId): Promise<BalancedAccount | undefined> => {
      const found = await database.run((db) =>
        accountsOf(db).findOne({ _id: account }, { projection: fieldsOf(Balanced) }),
      );
      return found ? Balanced.parse(found) : undefined;
    },

    /** The ledger entry that a posting has become. */
    entry: (id: string): Promise<LedgerEntry | null> =>
      database.run((db) => db.collection<LedgerEntry>(ledgerCollection.name).findOne({ _id: id })),

    /**
     * Adds an amount to a balance, as a posting that waits for its ledger entry. Must not be asked
     * again when its outcome is unknown: once the posting is finished it would count twice.
     * @returns false if the balance would leave its range, or another posting came after the one seen
     */
    add: ({ account, amount, posting, seen, event, usage }: BalanceChange): Promise<boolean> =>
      recordedChange(database, {
        filter: {
          _id: account,
          status: changeable,
          balance: { $gte: Math.max(0, -amount), $lte: highestBalance - Math.max(0, amount) },
          "postings.id": { $ne: posting.id },
          ...(seen && { lastPosting: seen.lastPosting ?? { $exists: false } }),
        },
        update: [
          { $set: { ...posted(posting, { $add: ["$balance", amount] }), updatedAt: "$$NOW" } },
        ],
        event,
        usage,
      }),

    /** Writes the ledger entry of a posting and ends it. May run again. */
    finish: (account: ObjectId, posting: Posting): Promise<unknown> =>
      database.run((db) => db.client.bulkWrite(finishPosting(db, account, posting))),
  };
}

export type PostingStore = ReturnType<typeof postingStore>;

/** Whether an amount keeps a balance in its range. */
export const inRange = (balance: number, amount: number): boolean =>
  balance + amount >= 0 && balance + amount <= highestBalance;
