import { randomUUID } from "node:crypto";
import type { Db, Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import { jobsCollection, type StoredJob } from "./document.ts";

/** Milliseconds for which a lease holds unless it is kept: whoever died delays the next run by as much. */
const leaseTime = 120_000;

/** The right to work on a job for a while. Work that goes on without it must do no harm. */
export interface Lease {
  /** How far the job had come. */
  watermark: Date | undefined;
  /** The database's time at which it was taken. */
  now: Date;
  /** Prolongs it. False if somebody else has it by now. */
  keep(): Promise<boolean>;
  /** Says how far the job has come; the watermark only grows. */
  finish(watermark: Date): Promise<unknown>;
  release(): Promise<unknown>;
}

const jobsOf = (db: Db) => db.collection<StoredJob>(jobsCollection.name);

/** Leases and watermarks of jobs. */
export function leaseStore(database: Pick<Database, "run">) {
  const taken = async (name: string, holder: string) => {
    const isFree = {
      $or: [
        { $eq: [{ $type: "$lease" }, "missing"] },
        { $eq: ["$lease.holder", literal(holder)] },
        { $lte: ["$lease.until", "$$NOW"] },
      ],
    };
    const own: Document = { holder: literal(holder), until: { $add: ["$$NOW", leaseTime] } };
    const job = await database.run((db) =>
      jobsOf(db).findOneAndUpdate(
        { _id: name },
        [{ $set: { lease: { $cond: [isFree, own, "$lease"] } } }],
        { upsert: true, returnDocument: "after" },
      ),
    );
    return job?.lease?.holder === holder ? { ...job, lease: job.lease } : undefined;
  };

  return {
    /** The lease of a job; undefined if somebody else has it. */
    take: async (name: string): Promise<Lease | undefined> => {
      const holder = randomUUID();
      const job = await taken(name, holder);
      if (!job) return undefined;
      return {
        watermark: job.watermark,
        now: new Date(job.lease.until.getTime() - leaseTime),
        keep: async () => (await taken(name, holder)) !== undefined,
        finish: (watermark) =>
          database.run((db) => jobsOf(db).updateOne({ _id: name }, { $max: { watermark } })),
        release: () =>
          database.run((db) =>
            jobsOf(db).updateOne({ _id: name, "lease.holder": holder }, { $unset: { lease: "" } }),
          ),
      };
    },

    /** What is known of a job; nothing if it never ran. */
    state: async (name: string): Promise<Partial<StoredJob>> =>
      (await database.run((db) => jobsOf(db).findOne({ _id: name }))) ?? {},
  };
}

export type LeaseStore = ReturnType<typeof leaseStore>;
