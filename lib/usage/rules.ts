import * as z from "zod";
import { Failure } from "../errors.ts";
import { idCodec } from "../ids.ts";
import { latest, momentOf } from "../moment.ts";

const time = z.iso.datetime();

/** A moment, or a day for its beginning, UTC. */
const moment = momentOf(
  z.union([z.iso.datetime({ offset: true }), z.iso.date()], {
    error: "must be a date such as 2026-11-23, or a time such as 2026-11-23T09:30:00Z",
  }),
);

/** What usage can be told apart by. */
const groupings = ["endpoint", "model", "r_type", "key", "status"] as const;
export type Grouping = (typeof groupings)[number];

/** GET /v1/monitoring/usage */
export const UsageQuery = z.object({
  /** 30 days, today's among them, unless told. */
  from: moment.optional(),
  /** Now unless told. */
  to: moment.optional(),
  bucket: z.enum(["hour", "day"]).default("day"),
  group_by: z.enum(groupings).optional(),
});
export type UsageQuery = z.output<typeof UsageQuery>;

const hour = 3_600_000;
const day = 24 * hour;
const lengths = { hour, day };

/** Longest range of each bucket, in days. */
const mostDays = { hour: 7, day: 400 };

export interface UsageRange {
  from: Date;
  to: Date;
  bucket: "hour" | "day";
  /** Whether neither end was asked for. */
  isUsual: boolean;
}

/**
 * The whole buckets that a query asks for.
 * @throws Failure VALIDATION_FAILED for a range that ends before it begins or too late, or is too long
 */
export function rangeOf({ from, to, bucket }: UsageQuery, now: Date): UsageRange {
  const length = lengths[bucket];
  const end = Math.ceil((to ?? now).getTime() / length) * length;
  const usual = bucket === "day" ? 30 * day : day;
  const begin = Math.floor((from?.getTime() ?? end - usual) / length) * length;
  if (end > latest.getTime()) throw invalid("to", "must be before the last day of the year 9999");
  if (begin >= end) throw invalid("from", "must be before `to`");
  if (end - begin > mostDays[bucket] * day) {
    throw invalid("from", `must be at most ${mostDays[bucket]} days before \`to\``);
  }
  return { from: new Date(begin), to: new Date(end), bucket, isUsual: !from && !to };
}

const invalid = (path: string, message: string): Failure =>
  new Failure("VALIDATION_FAILED", { errors: [{ path, message }] });

const count = z.int().min(0);
const share = z.number().min(0).max(1);
const milliseconds = z.number().min(0).nullable();

/** Figures of some requests, in the words of the API. */
export const UsageFigures = z.object({
  requests: count,
  /** Those that were answered as asked. */
  succeeded: count,
  /** Those that failed, were refused, or were given up. */
  failed: count,
  /** Shares of all, from 0 to 1; 0 where there are none. */
  success_rate: share,
  error_rate: share,
  /** Answers of models; a batch has one for each task. */
  messages: count,
  tokens: z.object({ input: count, output: count, total: count }),
  credits: z.object({ allowance: count, balance: count, total: count }),
  conversations: count,
  /** Milliseconds; null where nothing was timed. Percentiles are within 2.5 %. */
  latency_ms: z.object({
    average: milliseconds,
    p50: milliseconds,
    p95: milliseconds,
    p99: milliseconds,
  }),
});
export type UsageFigures = z.output<typeof UsageFigures>;

const by = <Shape extends z.ZodRawShape>(shape: Shape) => z.array(UsageFigures.extend(shape));

/** The answer of GET /v1/monitoring/usage; the members up to `daily_usage` are those of the former API. */
export const OwnUsage = z.object({
  user_id: idCodec,
  username: z.string(),
  timestamp: time,
  /** `last_30_days`, or beginning and end. */
  period: z.string(),
  summary: UsageFigures.extend({
    total_messages: count,
    total_tokens: count,
    total_api_calls: count,
    /** Of requests to models. */
    avg_processing_time_ms: z.number().min(0),
  }),
  current_limits: z.object({ conversation_limit: z.int(), reset: count }),
  current_credits: z.object({ main: count, reset: count }),
  /** Messages by r_type; `none` without one. */
  usage_by_type: z.record(z.string(), count),
  /** Of the last 7 days of the range; a day without requests is absent. */
  daily_usage: z.array(z.object({ date: z.iso.date(), messages: count, tokens: count })),
  range: z.object({ from: time, to: time, bucket: z.enum(["hour", "day"]) }),
  /** By time, oldest first, and within it by `group` if `group_by` was given; empty ones are absent. */
  series: by({ time, group: z.string().nullable().optional() }),
  by_endpoint: by({ endpoint: z.string() }),
  by_model: by({ model: z.string().nullable() }),
  by_r_type: by({ r_type: z.string().nullable() }),
  /** `name` and `masked` are null of a key that is gone; all three of requests with a session. */
  by_key: by({
    key_id: z.string().nullable(),
    name: z.string().nullable(),
    masked: z.string().nullable(),
  }),
  by_status: by({ status: z.string() }),
});
export type OwnUsage = z.output<typeof OwnUsage>;
