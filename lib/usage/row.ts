import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";

const count = z.int().min(0);

/** What the requests of one row have in common; null for what they don't have. */
const RowKey = z.strictObject({
  /** Beginning of the hour or day, UTC. */
  time: z.date(),
  account: objectId.nullable(),
  staff: objectId.nullable(),
  key: objectId.nullable(),
  /** Method and path, such as `GET /v1/models`. */
  endpoint: z.string(),
  model: z.string().nullable(),
  rType: z.string().nullable(),
  /** Of the answers' status; `none` if nobody knows what was answered. */
  class: z.enum(["2xx", "3xx", "4xx", "5xx", "none"]),
});

/** What is counted of requests. */
export const Figures = z.object({
  /** Not those that were late: they were counted when they were given up. */
  requests: count,
  /** Requests that failed, were refused or were given up. */
  failed: count,
  /** Answers of models. */
  messages: count,
  inputTokens: count,
  outputTokens: count,
  /** Credits that were charged of allowances and of balances. */
  allowance: count,
  balance: count,
  conversations: count,
  /** Milliseconds in all. */
  duration: z.number().min(0),
  /** Of durations, in the order of its buckets. */
  histogram: z.array(z.strictObject({ bucket: z.int(), count })),
});
export type Figures = z.output<typeof Figures>;

const Row = Figures.extend({
  _id: RowKey,
  /** It counts what was recorded up to here, and nothing else. */
  upTo: z.date(),
}).strict();
export type Row = z.output<typeof Row>;

const indexes = [
  { name: "time", key: { "_id.time": 1 } },
  { name: "account", key: { "_id.account": 1, "_id.time": 1 } },
  { name: "up-to", key: { upTo: 1 } },
] satisfies CollectionSpec["indexes"];

/** Usage by the hour, from events. */
export const usageHourlyCollection = {
  name: "usageHourly",
  schema: Row,
  indexes,
} satisfies CollectionSpec;

/** Usage by the day, from hours. */
export const usageDailyCollection = {
  name: "usageDaily",
  schema: Row,
  indexes,
} satisfies CollectionSpec;
