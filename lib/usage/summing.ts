import { type Document, Timestamp } from "mongodb";
import { growth, shortest } from "./histogram.ts";

/** Aggregation stages that count events and rows: both end in documents `{ _id: key, …figures }`. */

/** Figures that are added up. */
const summed = [
  "requests",
  "failed",
  "messages",
  "inputTokens",
  "outputTokens",
  "allowance",
  "balance",
  "conversations",
  "duration",
] as const;

/** The key of an event's row. */
export const eventKey = (unit: "hour" | "day"): Document => ({
  time: { $dateTrunc: { date: "$at", unit } },
  ...Object.fromEntries(
    ["account", "staff", "key"].map((field) => [field, { $ifNull: [`$${field}`, null] }]),
  ),
  endpoint: { $concat: ["$method", " ", "$endpoint"] },
  model: { $ifNull: ["$model", null] },
  rType: { $ifNull: ["$rType", null] },
  class: {
    $switch: {
      // A status that is missing is below every number.
      branches: [5, 4, 3, 2].map((hundreds) => ({
        case: { $gte: ["$status", hundreds * 100] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of $switch.
        then: `${hundreds}xx`,
      })),
      default: "none",
    },
  },
});

/** The key of the day's row that an hour's row belongs to. */
export const dayKey: Document = {
  time: { $dateTrunc: { date: "$_id.time", unit: "day" } },
  ...Object.fromEntries(
    ["account", "staff", "key", "endpoint", "model", "rType", "class"].map((field) => [
      field,
      `$_id.${field}`,
    ]),
  ),
};

/** Rows by `key`, counted from events. */
export function fromEvents(key: Document): Document[] {
  const isLate = { $eq: ["$outcome", "late"] };
  const isFailed = {
    $or: [{ $ne: [{ $type: "$code" }, "missing"] }, { $eq: ["$outcome", "abandoned"] }],
  };
  const isMessage = {
    $and: [{ $eq: ["$outcome", "captured"] }, { $ne: [{ $type: "$tokens" }, "missing"] }],
  };
  // Of a late one only what it used counts: its request was counted when it was given up.
  const unlessLate = (value: unknown) => ({ $sum: { $cond: [isLate, 0, value] } });
  const isTimed = { $and: [{ $not: [isLate] }, { $gte: ["$duration", 0] }] };
  const log = { $ln: { $max: ["$duration", shortest] } };
  const bucket = {
    $cond: [isTimed, { $toInt: { $ceil: { $divide: [log, Math.log(growth)] } } }, null],
  };
  return [
    {
      $group: {
        _id: { row: key, bucket },
        requests: unlessLate(1),
        failed: unlessLate({ $cond: [isFailed, 1, 0] }),
        messages: { $sum: { $cond: [isMessage, { $ifNull: ["$tasks.succeeded", 1] }, 0] } },
        inputTokens: { $sum: "$tokens.input" },
        outputTokens: { $sum: "$tokens.output" },
        allowance: { $sum: "$credits.allowance" },
        balance: { $sum: "$credits.balance" },
        conversations: { $sum: "$conversations" },
        duration: unlessLate({ $ifNull: ["$duration", 0] }),
        count: { $sum: { $cond: [isTimed, 1, 0] } },
      },
    },
    ...byRow,
  ];
}

/** Rows by `key`, counted from rows. `upTo` is that of the newest. */
export function fromRows(key: Document): Document[] {
  const place = "_place";
  // Each bucket of a row becomes a document of its own, of which one alone brings the row's figures.
  const once = (field: string) => ({ $sum: { $cond: [{ $lte: [`$${place}`, 0] }, field, 0] } });
  return [
    {
      $unwind: {
        path: "$histogram",
        includeArrayIndex: place,
        preserveNullAndEmptyArrays: true,
      },
    },
    {
      $group: {
        _id: { row: key, bucket: { $ifNull: ["$histogram.bucket", null] } },
        ...Object.fromEntries(summed.map((name) => [name, once(`$${name}`)])),
        count: { $sum: "$histogram.count" },
        upTo: { $max: "$upTo" },
      },
    },
    ...byRow,
  ];
}

/** The buckets of each row become its histogram. */
const byRow: Document[] = [
  {
    $group: {
      _id: "$_id.row",
      ...Object.fromEntries(summed.map((name) => [name, { $sum: `$${name}` }])),
      histogram: { $push: { bucket: "$_id.bucket", count: "$count" } },
      upTo: { $max: "$upTo" },
    },
  },
  {
    $set: {
      histogram: {
        $sortArray: {
          input: {
            $filter: {
              input: "$histogram",
              as: "one",
              cond: { $ne: ["$$one.bucket", null] },
            },
          },
          sortBy: { bucket: 1 },
        },
      },
    },
  },
];

/** The last moment of a whole second, as events are stamped: what comes in it is after it. */
export const stampOf = (second: Date): Timestamp =>
  new Timestamp({ t: Math.floor(second.getTime() / 1_000), i: 0 });

/** `$merge`, in which the row that counts more stands: of two workers the later one's, whoever writes last. */
export const mergeInto = (collection: string): Document => ({
  $merge: {
    into: collection,
    on: "_id",
    whenMatched: [
      {
        $replaceRoot: {
          newRoot: { $cond: [{ $gt: ["$$new.upTo", "$upTo"] }, "$$new", "$$ROOT"] },
        },
      },
    ],
    whenNotMatched: "insert",
  },
});
