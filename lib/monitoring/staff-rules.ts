import * as z from "zod";
import { UsageFigures } from "../usage/rules.ts";
import { wholeNumberOr } from "../whole-number.ts";

const time = z.iso.datetime();
const count = z.int().min(0);

/** GET /v1/monitoring/metrics: all accounts together, over the last 24 hours where nothing else is said. */
export const Metrics = z.object({
  timestamp: time,
  user_metrics: z.object({ total_users: count, active_users: count }),
  api_metrics: z.object({ api_calls_24h: count, messages_24h: count, tokens_used_24h: count }),
  security_metrics: z.object({ security_events_24h: count }),
  system_metrics: z.object({
    /** Mails that wait to be sent. */
    message_queue_size: count,
    holds_overdue: count,
  }),
  /** Whole hours, the present one among them. */
  range: z.object({ from: time, to: time }),
  usage: UsageFigures,
  by_endpoint: z.array(UsageFigures.extend({ endpoint: z.string() })),
  by_model: z.array(UsageFigures.extend({ model: z.string().nullable() })),
  by_status: z.array(UsageFigures.extend({ status: z.string() })),
});
export type Metrics = z.output<typeof Metrics>;

/** GET /v1/monitoring/queue-status: what waits. Nothing of usage does: events are written with their requests. */
export const QueueStatus = z.object({
  timestamp: time,
  queue_status: z.object({
    /** Mails that wait to be sent. */
    queue_size: count,
    /** Of them, those whose next try is due. */
    due: count,
    /** Whether the jobs of usage have run within the last 15 minutes. */
    is_running: z.boolean(),
  }),
  holds: z.object({
    /** Accounts with requests that ended without saying so, and wait to be swept. */
    overdue: count,
  }),
  jobs: z.array(
    z.object({
      name: z.string(),
      /** Up to when it has worked; null if it never ran. */
      watermark: time.nullable(),
      lag_seconds: z.int().nullable(),
      is_working: z.boolean(),
    }),
  ),
});
export type QueueStatus = z.output<typeof QueueStatus>;

/** POST /v1/monitoring/flush-logs */
export const Flushed = z.object({
  success: z.literal(true),
  message: z.string(),
  timestamp: time,
  /** What was recorded until then is counted; null before the first run has ended. */
  counted_up_to: time.nullable(),
  /** Events that were counted now, and hours and days that they fell into. */
  flushed: z.object({ events: count, hours: count, days: count }),
});
export type Flushed = z.output<typeof Flushed>;

/** GET /v1/monitoring/errors */
export const ErrorsQuery = z.object({
  /** How far to look back. */
  hours: wholeNumberOr(24, 1, 168),
  limit: wholeNumberOr(20, 1, 100),
});

export const ErrorList = z.object({
  timestamp: time,
  range: z.object({ from: time, to: time }),
  /** The most frequent first. */
  errors: z.array(
    z.object({
      fingerprint: z.string(),
      category: z.string(),
      code: z.string(),
      /** Method and path. */
      endpoint: z.string(),
      count,
      /** Different accounts and members of staff that met it. */
      callers: count,
      first_seen: time,
      last_seen: time,
      /** By which the logs know the last one. */
      last_request_id: z.string(),
    }),
  ),
});
export type ErrorList = z.output<typeof ErrorList>;
