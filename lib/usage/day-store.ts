import type { Db } from "mongodb";
import type { Database } from "../db/connection.ts";
import { jobsCollection, type StoredJob } from "../jobs/document.ts";
import { type UsageEvent, usageEventsCollection, usageIndexes } from "./event.ts";
import { removingJob } from "./hour-store.ts";
import { type Row, usageDailyCollection, usageHourlyCollection } from "./row.ts";
import { dayKey, fromRows, mergeInto, stampOf } from "./summing.ts";

/** Milliseconds that one statement may take. */
const bound = 60_000;

const dayLength = 24 * 3_600_000;

/** Events that are removed by one statement. */
const removedAtOnce = 1_000;

const beginning = new Date(0);

const hoursOf = (db: Db) => db.collection<Row>(usageHourlyCollection.name);

/** Days of usage, counted from hours, and the removal of events that both have. */
export function dayStore(database: Pick<Database, "run">) {
  return {
    /** Days that have hours which were counted after `watermark`, oldest first. */
    changed: async (watermark: Date | undefined): Promise<Date[]> => {
      const filter = { upTo: { $gt: watermark ?? beginning } };
      const hours = await database.run(
        (db) => hoursOf(db).distinct("_id.time", filter, { maxTimeMS: bound }),
        bound,
      );
      const days = new Set(
        (hours as Date[]).map((hour) => hour.getTime() - (hour.getTime() % dayLength)),
      );
      return [...days].sort((one, other) => one - other).map((day) => new Date(day));
    },

    /**
     * Adds a day up from its hours, which must all be counted as of `upTo` at least. A row of which an
     * hour has been counted further is left to whoever counted it; see `isOvertaken`.
     */
    write: (day: Date, upTo: Date): Promise<unknown> =>
      database.run(
        (db) =>
          hoursOf(db)
            .aggregate(
              [
                { $match: { "_id.time": { $gte: day, $lt: new Date(day.getTime() + dayLength) } } },
                ...fromRows(dayKey),
                { $match: { upTo: { $lte: upTo } } },
                { $set: { upTo } },
                mergeInto(usageDailyCollection.name),
              ],
              { maxTimeMS: bound, allowDiskUse: true },
            )
            .toArray(),
        bound,
      ),

    /** Whether an hour has been counted further than `upTo`, so that `write` may have left out its day. */
    isOvertaken: async (upTo: Date): Promise<boolean> => {
      const row = await database.run((db) =>
        hoursOf(db).findOne({ upTo: { $gt: upTo } }, { projection: { _id: 1 } }),
      );
      return row !== null;
    },

    /** From now on hours before `hour` are not counted afresh. To be said before events of theirs are removed. */
    announceRemoval: (hour: Date): Promise<unknown> =>
      database.run((db) =>
        db
          .collection<StoredJob>(jobsCollection.name)
          .updateOne({ _id: removingJob }, { $max: { removedBefore: hour } }),
      ),

    /** Removes some events before `hour` that were recorded up to `upTo`. @returns how many */
    removeSome: (hour: Date, upTo: Date): Promise<number> =>
      database.run(async (db) => {
        const events = db.collection<UsageEvent>(usageEventsCollection.name);
        const some = await events
          .find(
            { at: { $lt: hour }, recorded: { $lte: stampOf(upTo) } },
            { projection: { _id: 1 }, hint: usageIndexes.hour },
          )
          .limit(removedAtOnce)
          .toArray();
        const { deletedCount } = await events.deleteMany({
          _id: { $in: some.map(({ _id }) => _id) },
        });
        return deletedCount;
      }, bound),
  };
}

export type DayStore = ReturnType<typeof dayStore>;
