import type { Db, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { finishPosting, type Posting } from "./posting.ts";

/** Accounts that one look takes at most. */
const atOnce = 200;

/** Milliseconds after which a posting that is still open was left behind. */
const postingAge = 60_000;

/** Of an account, what the sweeper needs. */
const Overdue = StoredAccount.pick({
  _id: true,
  username: true,
  keys: true,
  holds: true,
  postings: true,
}).strip();
export type OverdueAccount = z.output<typeof Overdue>;

const accountsOf = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

/** What was left behind by requests and changes that nobody ended. Time is the server's. */
export function sweepStore(database: Pick<Database, "run">) {
  const overdue = (age: number, field: string, except: readonly ObjectId[]) =>
    database.run(async (db) => {
      const { localTime } = z.object({ localTime: z.date() }).parse(await db.command({ hello: 1 }));
      const before = new Date(localTime.getTime() - age);
      const projection = Object.fromEntries(Object.keys(Overdue.shape).map((name) => [name, 1]));
      const filter = { [field]: { $lt: before }, _id: { $nin: [...except] } };
      const found = await accountsOf(db).find(filter, { projection }).limit(atOnce).toArray();
      return { before, accounts: z.array(Overdue).parse(found) };
    });

  return {
    /** Some accounts with holds that have expired, by the server's clock, and only those holds. */
    expiredHolds: async (except: readonly ObjectId[]): Promise<OverdueAccount[]> => {
      const { before, accounts } = await overdue(0, "holds.expiresAt", except);
      return accounts.map((account) => ({
        ...account,
        holds: account.holds.filter(({ expiresAt }) => expiresAt < before),
      }));
    },

    /** Some accounts with postings that were left behind, and only those postings. */
    leftPostings: async (except: readonly ObjectId[]): Promise<OverdueAccount[]> => {
      const { before, accounts } = await overdue(postingAge, "postings.at", except);
      return accounts.map((account) => ({
        ...account,
        postings: account.postings.filter(({ at }) => at < before),
      }));
    },

    finishPosting: (account: ObjectId, posting: Posting): Promise<unknown> =>
      database.run((db) => db.client.bulkWrite(finishPosting(db, account, posting))),
  };
}

export type SweepStore = ReturnType<typeof sweepStore>;
