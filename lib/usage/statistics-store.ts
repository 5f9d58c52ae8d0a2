import type { Document, ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { jobsCollection } from "../jobs/document.ts";
import { aggregatingJob } from "./aggregate-usage.ts";
import { usageEventsCollection, usageIndexes } from "./event.ts";
import { removingJob } from "./hour-store.ts";
import { type Figures, type Row, usageDailyCollection, usageHourlyCollection } from "./row.ts";
import { eventKey, fromEvents, fromRows, stampOf } from "./summing.ts";

/** What is wanted of usage: whole hours or days, of one account or of all. */
export interface UsageWanted {
  account?: ObjectId;
  from: Date;
  to: Date;
  bucket: "hour" | "day";
}

/** Where each bucket's rows are, and which job counts them. */
const sources = {
  hour: { collection: usageHourlyCollection.name, job: aggregatingJob },
  day: { collection: usageDailyCollection.name, job: removingJob },
} as const;

/** Of an event's row, what figures of all accounts are told apart by. */
const dimensions = ["endpoint", "model", "class"] as const;

export type Dimensions = Pick<Row["_id"], (typeof dimensions)[number]>;

/** Some events that are in no finished row. */
export interface TailPart<Key> extends Figures {
  _id: { row: Key; band: number };
}

const dimensionsOf = (prefix: string): Document =>
  Object.fromEntries(dimensions.map((name) => [name, `${prefix}${name}`]));

/** Usage as the jobs have counted it, and the events that they have not. */
export function statisticsStore(database: Pick<Database, "run">) {
  /**
   * How far a job has come, and then what `pipeline` finds in its rows: in one statement, because rows
   * that are read before that could lack what was counted in between.
   */
  const rowsOf = async <Found>(bucket: "hour" | "day", pipeline: Document[]) => {
    const { collection, job } = sources[bucket];
    const found = await database.run((db) =>
      db
        .collection(jobsCollection.name)
        .aggregate<{ watermark?: Date; row?: Found }>([
          { $match: { _id: job } },
          { $lookup: { from: collection, let: { done: "$watermark" }, pipeline, as: "row" } },
          { $unwind: { path: "$row", preserveNullAndEmptyArrays: true } },
          { $project: { _id: 0, watermark: 1, row: 1 } },
        ])
        .toArray(),
    );
    return {
      watermark: found[0]?.watermark,
      rows: found.flatMap(({ row }) => (row === undefined ? [] : [row])),
    };
  };

  const rowsWanted = ({ account, from, to }: UsageWanted): Document => ({
    $match: { ...(account && { "_id.account": account }), "_id.time": { $gte: from, $lt: to } },
  });

  /**
   * Events recorded after `watermark`, by `key` and by how many of `bands` they were recorded after.
   * `bands` are the times up to which rows have been counted that are newer than the watermark.
   */
  const tailOf = <Key>(
    { account, from, to }: UsageWanted,
    { watermark, bands }: { watermark: Date | undefined; bands: readonly Date[] },
    key: Document,
  ) => {
    const band = {
      $add: [0, ...bands.map((upTo) => ({ $cond: [{ $gt: ["$recorded", stampOf(upTo)] }, 1, 0] }))],
    };
    return database.run((db) =>
      db
        .collection(usageEventsCollection.name)
        .aggregate<TailPart<Key>>(
          [
            {
              $match: {
                ...(account && { account }),
                recorded: { $gt: stampOf(watermark ?? new Date(0)) },
                at: { $gte: from, $lt: to },
              },
            },
            ...fromEvents({ row: key, band }),
          ],
          { hint: account ? usageIndexes.account : usageIndexes.recorded },
        )
        .toArray(),
    );
  };

  return {
    /** The rows of one account, as they are. */
    ownRows: (wanted: UsageWanted & { account: ObjectId }) =>
      rowsOf<Row>(wanted.bucket, [rowsWanted(wanted)]),

    ownTail: (wanted: UsageWanted, marks: Parameters<typeof tailOf>[1]) =>
      tailOf<Row["_id"]>(wanted, marks, eventKey(wanted.bucket)),

    /** The rows of all by endpoint, model and status; a row that is newer than the watermark alone. */
    allRows: (wanted: UsageWanted) => {
      const isNewer = { $gt: ["$upTo", "$$done"] };
      const key = { ...dimensionsOf("$_id."), newer: { $cond: [isNewer, "$_id", null] } };
      return rowsOf<Figures & { _id: Dimensions & { newer: Row["_id"] | null }; upTo: Date }>(
        wanted.bucket,
        [rowsWanted(wanted), ...fromRows(key)],
      );
    },

    /** Events of all by endpoint, model and status; in full where rows are newer than the watermark. */
    allTail: (wanted: UsageWanted, marks: Parameters<typeof tailOf>[1]) => {
      const full = eventKey(wanted.bucket);
      const short = { endpoint: full.endpoint, model: full.model, class: full.class };
      return tailOf<Dimensions & Partial<Row["_id"]>>(
        wanted,
        marks,
        marks.bands.length > 0 ? full : short,
      );
    },
  };
}

export type StatisticsStore = ReturnType<typeof statisticsStore>;
