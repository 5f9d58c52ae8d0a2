import type { Db, Document, ObjectId } from "mongodb";
import * as z from "zod";
import { ipRulesCollection } from "../addresses/document.ts";
import type { Database } from "../db/connection.ts";
import { idempotencyCollection } from "../idempotency/record.ts";
import { messageLogsCollection } from "../messages/message-log.ts";
import { type DeletedAccount, deletedAccountsCollection } from "./deleted-account.ts";
import { accountsCollection, StoredAccount } from "./document.ts";

const Leaving = StoredAccount.pick({
  _id: true,
  username: true,
  name: true,
  email: true,
  userType: true,
  plan: true,
  balance: true,
  createdAt: true,
  updatedAt: true,
  deletion: true,
}).strip();
export type LeavingAccount = z.output<typeof Leaving>;

const accountsOf = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

/** The address rules without those of one account. The others' are of no account. */
const withoutThoseOf = (account: ObjectId): Document => ({
  $filter: { input: "$rules", as: "rule", cond: { $ne: ["$$rule.account", account] } },
});

/** What the removal of a deleted account takes with it. Each step may run again. */
export function removalStore(database: Pick<Database, "run">) {
  return {
    /** Some accounts that are being deleted and have nothing open any more. */
    due: async (most: number): Promise<LeavingAccount[]> => {
      const projection = Object.fromEntries(Object.keys(Leaving.shape).map((name) => [name, 1]));
      const found = await database.run((db) =>
        accountsOf(db)
          .find({ status: "deleting", holds: { $size: 0 }, postings: { $size: 0 } }, { projection })
          .limit(most)
          .toArray(),
      );
      return z.array(Leaving).parse(found);
    },

    /** Keeps what is kept, once. */
    archive: ({ _id, ...kept }: DeletedAccount): Promise<unknown> =>
      database.run((db) =>
        db
          .collection<DeletedAccount>(deletedAccountsCollection.name)
          .updateOne({ _id }, { $setOnInsert: kept }, { upsert: true }),
      ),

    /**
     * Removes the messages, answers and address rules of an account, and last the account, unless
     * something is open again.
     */
    remove: (account: ObjectId): Promise<unknown> =>
      database.run(async (db) => {
        const own: Document = { account };
        await db.collection(messageLogsCollection.name).deleteMany(own);
        await db.collection(idempotencyCollection.name).deleteMany(own);
        await db
          .collection<{ _id: string }>(ipRulesCollection.name)
          .updateOne({ _id: "service", "rules.account": account }, [
            { $set: { rules: withoutThoseOf(account), version: { $add: ["$version", 1] } } },
          ]);
        await accountsOf(db).deleteOne({
          _id: account,
          status: "deleting",
          holds: { $size: 0 },
          postings: { $size: 0 },
        });
      }),
  };
}

export type RemovalStore = ReturnType<typeof removalStore>;
