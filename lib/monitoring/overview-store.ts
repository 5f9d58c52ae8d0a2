import type { Db, Document } from "mongodb";
import { accountsCollection, type StoredAccount } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { outboxCollection } from "../email/outbox.ts";
import { jobsCollection, type StoredJob } from "../jobs/document.ts";
import { securityEventsCollection } from "../security/events.ts";
import { usageEventsCollection, usageIndexes } from "../usage/event.ts";

const countIn = (db: Db, name: string, filter: Document): Promise<number> =>
  db.collection(name).countDocuments(filter);

const overdue = (now: Date): Document => ({ "holds.expiresAt": { $lt: now } });

/** Failures of one fingerprint. */
export interface SeenFailure {
  _id: string;
  code: string;
  endpoint: string;
  count: number;
  callers: number;
  firstSeen: Date;
  lastSeen: Date;
  lastRequest: string;
}

/** How the service as a whole stands. */
export function overviewStore(database: Pick<Database, "run">) {
  return {
    /** Counts of accounts, of security events since `since`, and of what waits at `now`. One round trip. */
    counts: ({ since, now }: { since: Date; now: Date }) =>
      database.run(async (db) => {
        const accounts = db.collection<StoredAccount>(accountsCollection.name);
        const [users, active, securityEvents, waiting, holdsOverdue] = await Promise.all([
          accounts.estimatedDocumentCount(),
          countIn(db, accountsCollection.name, { status: "active" }),
          countIn(db, securityEventsCollection.name, { at: { $gte: since } }),
          db.collection(outboxCollection.name).estimatedDocumentCount(),
          countIn(db, accountsCollection.name, overdue(now)),
        ]);
        return { users, active, securityEvents, waiting, holdsOverdue };
      }),

    /** What waits at `now`, and how far the jobs have come. One round trip. */
    queues: (now: Date) =>
      database.run(async (db) => {
        const [waiting, due, holdsOverdue, jobs] = await Promise.all([
          db.collection(outboxCollection.name).estimatedDocumentCount(),
          countIn(db, outboxCollection.name, { dueAt: { $lte: now } }),
          countIn(db, accountsCollection.name, overdue(now)),
          db
            .collection<StoredJob>(jobsCollection.name)
            .find({ _id: { $in: ["aggregate-usage", "roll-up-days"] } })
            .toArray(),
        ]);
        return { waiting, due, holdsOverdue, jobs };
      }),

    /** The most frequent failures since `since` of requests with a known caller. */
    failures: (since: Date, most: number): Promise<SeenFailure[]> =>
      database.run((db) =>
        db
          .collection(usageEventsCollection.name)
          .aggregate<SeenFailure>(
            [
              { $match: { at: { $gte: since }, fingerprint: { $exists: true } } },
              {
                $group: {
                  _id: {
                    fingerprint: "$fingerprint",
                    caller: { $ifNull: ["$account", "$staff"] },
                  },
                  code: { $first: "$code" },
                  endpoint: { $first: { $concat: ["$method", " ", "$endpoint"] } },
                  count: { $sum: 1 },
                  firstSeen: { $min: "$at" },
                  last: { $max: { at: "$at", request: "$_id" } },
                },
              },
              {
                $group: {
                  _id: "$_id.fingerprint",
                  code: { $first: "$code" },
                  endpoint: { $first: "$endpoint" },
                  count: { $sum: "$count" },
                  callers: { $sum: 1 },
                  firstSeen: { $min: "$firstSeen" },
                  last: { $max: "$last" },
                },
              },
              { $sort: { count: -1, _id: 1 } },
              { $limit: most },
              { $set: { lastSeen: "$last.at", lastRequest: "$last.request" } },
              { $unset: "last" },
            ],
            { hint: usageIndexes.failures },
          )
          .toArray(),
      ),
  };
}

export type OverviewStore = ReturnType<typeof overviewStore>;
