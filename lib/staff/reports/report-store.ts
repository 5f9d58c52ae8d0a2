import { type Db, type Document, ObjectId } from "mongodb";
import { accountsCollection } from "../../accounts/document.ts";
import type { Database } from "../../db/connection.ts";
import { outboxCollection } from "../../email/outbox.ts";

const accountsOf = (db: Db) => db.collection(accountsCollection.name);

/** The least id of a document made at a time or after. */
const idsFrom = (time: Date): ObjectId =>
  ObjectId.createFromTime(Math.floor(time.getTime() / 1_000));

/** Figures of the whole service. Each is counted in an index, whose entries are all that is read. */
export function reportStore(database: Pick<Database, "run">) {
  const count = (filter: Document): Promise<number> =>
    database.run((db) => accountsOf(db).countDocuments(filter));

  return {
    /** All accounts, as the server's own figures say. */
    users: (): Promise<number> => database.run((db) => accountsOf(db).estimatedDocumentCount()),
    active: () => count({ status: "active" }),
    verified: () => count({ verified: true }),
    ofType: (userType: string) => count({ userType }),
    ofPlan: (plan: string) => count({ plan }),
    /** Accounts that were made at a time or after. */
    madeSince: (time: Date) => count({ _id: { $gte: idsFrom(time) } }),
    /** Accounts with a session that has not expired at `now`. */
    signedIn: (now: Date) => count({ "sessions.expiresAt": { $gt: now } }),

    /** What should not wait for long: accounts with holds that expired or postings made before `time`, and mails. */
    waiting: (time: Date) =>
      database.run(async (db) => {
        const [holds, postings, mails] = await Promise.all([
          accountsOf(db).countDocuments({ "holds.expiresAt": { $lt: time } }),
          accountsOf(db).countDocuments({ "postings.at": { $lt: time } }),
          db.collection(outboxCollection.name).estimatedDocumentCount(),
        ]);
        return { holds, postings, mails };
      }),
  };
}

export type ReportStore = ReturnType<typeof reportStore>;
