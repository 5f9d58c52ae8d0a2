import { type ClientInsertOneModel, type Db, type Document, Timestamp } from "mongodb";
import * as z from "zod";
import { objectId, timestamp } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";

const count = z.int().min(0);

/**
 * How a request ended. `captured`: it was charged what stands in `credits`, which may be 0.
 * `answered`: nothing was metered. `failed`: our answer was a failure. `refused`: it was not
 * admitted. `replayed`: it got the answer of an earlier one. `abandoned`: nobody settled it in time.
 * `late`: what was used by a request after it had been given up; that request has another event.
 */
const outcomes = [
  "captured",
  "answered",
  "failed",
  "refused",
  "replayed",
  "abandoned",
  "late",
] as const;

/** Everything of an event that its writer says. */
export const UsageFacts = z.strictObject({
  /** The request's id; of a late one with `:late` behind it. */
  _id: z.string(),
  clientRequestId: z.string().optional(),
  /** Whose request it was: an account's, or a member of staff's. */
  account: objectId.optional(),
  staff: objectId.optional(),
  username: z.string(),
  key: objectId.optional(),
  /** Beginning and end of the key's secret. */
  keyMasked: z.string().optional(),
  endpoint: z.string(),
  method: z.string(),
  /** Absent if nobody knows what was answered. */
  status: z.int().optional(),
  outcome: z.enum(outcomes),
  /** Of the failure that was answered. */
  code: z.string().optional(),
  /** One name for all failures of one kind at one place; see lib/fingerprint.ts. */
  fingerprint: z.string().optional(),
  /** Milliseconds; of an event that went with a change, until that change was written. */
  duration: z.number().min(0).optional(),
  upstreamDuration: z.number().min(0).optional(),
  tokens: z.strictObject({ input: count, output: count, estimated: z.boolean() }).optional(),
  model: z.string().optional(),
  rType: z.string().optional(),
  tasks: z
    .strictObject({
      total: count,
      succeeded: count,
      failed: count,
      unfinished: count,
      models: z.array(z.string()),
      rTypes: z.array(z.string()),
    })
    .optional(),
  /** What was charged. */
  credits: z.strictObject({ allowance: count, balance: count }),
  conversations: count,
  /** Bytes of the bodies. What went with a change was written before there was a response. */
  sizes: z.strictObject({ request: count, response: count.optional() }).optional(),
  ip: z.string(),
  userAgent: z.string().optional(),
  /** The database's time at which it was admitted or refused. */
  at: z.date(),
});
export type UsageFacts = z.output<typeof UsageFacts>;

/** The event of a request that was metered, which is always an account's. */
export const MeteredFacts = UsageFacts.extend({ account: objectId });
export type MeteredFacts = z.output<typeof MeteredFacts>;

/** Milliseconds that events live, and a little more: they are removed by the hour. */
export const eventRetention = 90 * 24 * 3_600_000;

/**
 * Which index serves what. Most reads have bounds of `at` and of `recorded`, of which one alone is
 * narrow, and a planner that takes the other reads every event there is: so each read names its own.
 */
export const usageIndexes = {
  recorded: "recorded",
  account: "account",
  hour: "hour",
  failures: "failures",
} as const;

/** One event for each request of a known identity, never changed: the source of truth of usage. */
export const usageEventsCollection = {
  name: "usageEvents",
  schema: UsageFacts.extend({ recorded: timestamp }),
  indexes: [
    { name: usageIndexes.recorded, key: { recorded: 1 } },
    { name: usageIndexes.account, key: { account: 1, recorded: -1 } },
    { name: usageIndexes.hour, key: { at: 1 } },
    {
      name: usageIndexes.failures,
      key: { at: 1, fingerprint: 1 },
      partialFilterExpression: { fingerprint: { $exists: true } },
    },
  ],
} satisfies CollectionSpec;

export type UsageEvent = z.output<typeof usageEventsCollection.schema>;

/** The event as one step of a `client.bulkWrite`; when it is recorded, the server says. Its duplicate key says that the request is decided. */
export const insertUsage = (db: Db, facts: UsageFacts): ClientInsertOneModel<Document> => ({
  name: "insertOne",
  namespace: `${db.databaseName}.${usageEventsCollection.name}`,
  document: { ...facts, recorded: new Timestamp(0n) } as Document,
});
