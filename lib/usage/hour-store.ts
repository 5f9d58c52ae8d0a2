import type { Db, Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { jobsCollection } from "../jobs/document.ts";
import { type UsageEvent, usageEventsCollection, usageIndexes } from "./event.ts";
import { usageHourlyCollection } from "./row.ts";
import { eventKey, fromEvents, mergeInto, stampOf } from "./summing.ts";

/** Milliseconds that one statement may take. */
const bound = 60_000;

const hourLength = 3_600_000;

/** The job that removes events, whose document says from which hours. */
export const removingJob = "roll-up-days";

const beginning = new Date(0);

const eventsOf = (db: Db) => db.collection<UsageEvent>(usageEventsCollection.name);

/** Hours of usage, counted from events. A time is a whole second; events recorded in it come after it. */
export function hourStore(database: Pick<Database, "run">) {
  return {
    /** The second in which the first event after `watermark` was recorded. */
    firstAfter: async (watermark: Date | undefined): Promise<Date | undefined> => {
      const filter = { recorded: { $gt: stampOf(watermark ?? beginning) } };
      const event = await database.run(
        (db) =>
          eventsOf(db).findOne(filter, { sort: { recorded: 1 }, projection: { recorded: 1 } }),
        bound,
      );
      return event ? new Date(event.recorded.getHighBitsUnsigned() * 1_000) : undefined;
    },

    /** Hours of the events that were recorded after `from` and up to `to`, with how many there are. */
    recorded: (from: Date | undefined, to: Date) =>
      database.run(
        (db) =>
          eventsOf(db)
            .aggregate<{ _id: Date; events: number }>(
              [
                {
                  $match: {
                    recorded: { $gt: stampOf(from ?? beginning), $lte: stampOf(to) },
                  },
                },
                {
                  $group: {
                    _id: { $dateTrunc: { date: "$at", unit: "hour" } },
                    events: { $sum: 1 },
                  },
                },
              ],
              { maxTimeMS: bound, hint: usageIndexes.recorded },
            )
            .toArray(),
        bound,
      ),

    /**
     * Counts an hour afresh, as of `upTo`. Not an hour whose events are being removed: that is announced
     * before any is, and looked up here after all have been read, so what was read was whole.
     */
    write: (hour: Date, upTo: Date): Promise<unknown> =>
      database.run(
        (db) =>
          eventsOf(db)
            .aggregate(
              [
                {
                  $match: {
                    at: { $gte: hour, $lt: new Date(hour.getTime() + hourLength) },
                    recorded: { $lte: stampOf(upTo) },
                  },
                },
                ...fromEvents(eventKey("hour")),
                ...unlessRemovedFrom(hour),
                { $set: { upTo } },
                mergeInto(usageHourlyCollection.name),
              ],
              { maxTimeMS: bound, allowDiskUse: true, hint: usageIndexes.hour },
            )
            .toArray(),
        bound,
      ),
  };
}

const unlessRemovedFrom = (hour: Date): Document[] => [
  {
    $lookup: {
      from: jobsCollection.name,
      pipeline: [{ $match: { _id: removingJob, removedBefore: { $gt: hour } } }],
      as: "removal",
    },
  },
  { $match: { removal: { $size: 0 } } },
  { $unset: "removal" },
];

export type HourStore = ReturnType<typeof hourStore>;
