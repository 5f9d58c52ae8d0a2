import { type Db, ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { Mail } from "./mailer.ts";
import { type OutboxMail, outboxCollection } from "./outbox.ts";

/** Milliseconds a worker has a mail to itself, far beyond what a send takes; then another may take it. */
const leaseTime = 60_000;

/** A mail that one worker has to itself. */
export type LeasedMail = OutboxMail & { lease: string };

const outbox = (db: Db) => db.collection<OutboxMail>(outboxCollection.name);

/** Mails that are still to be sent. */
export function outboxStore(database: Pick<Database, "run">) {
  return {
    /** Keeps a mail that was made at `at` and could not be sent; it is due at once. */
    add: async ({ account, purpose, to }: Mail, at: Date): Promise<void> => {
      const mail = { account, purpose, ...(to !== undefined && { to }) };
      await database.run((db) =>
        outbox(db).insertOne({ _id: new ObjectId(), ...mail, createdAt: at, dueAt: at, tries: 0 }),
      );
    },

    /**
     * Leases the mail that is due first, or says undefined if none is due by the server's clock.
     * `lease` names this one call: whoever calls twice at once gets two mails.
     */
    take: async (lease: string): Promise<LeasedMail | undefined> => {
      const leased = {
        lease: literal(lease),
        dueAt: { $add: ["$$NOW", leaseTime] },
        tries: { $add: ["$tries", 1] },
      };
      const isDue = { $lte: ["$dueAt", "$$NOW"] };
      const found = await database.run((db) =>
        outbox(db).findOneAndUpdate(
          {},
          [{ $replaceWith: { $cond: [isDue, { $mergeObjects: ["$$ROOT", leased] }, "$$ROOT"] } }],
          { sort: { dueAt: 1 }, returnDocument: "after" },
        ),
      );
      return found?.lease === lease ? { ...found, lease } : undefined;
    },

    /** Takes a mail out, unless its lease has gone to another worker. */
    remove: async ({ _id, lease }: LeasedMail): Promise<void> => {
      await database.run((db) => outbox(db).deleteOne({ _id, lease }));
    },

    /** Puts a mail back for `delay` milliseconds, unless its lease has gone to another worker. */
    postpone: async ({ _id, lease }: LeasedMail, delay: number): Promise<void> => {
      const dueAt = { $add: ["$$NOW", delay] };
      await database.run((db) => outbox(db).updateOne({ _id, lease }, [{ $set: { dueAt } }]));
    },
  };
}

export type OutboxStore = ReturnType<typeof outboxStore>;
