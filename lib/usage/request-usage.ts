import { BSON, type ClientInsertOneModel, type Db, type Document, type ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { fingerprintOf } from "../fingerprint.ts";
import type { Log } from "../logger.ts";
import type { RecordCount } from "../metrics.ts";
import { insertUsage, type UsageFacts } from "./event.ts";
import type { UsageEventStore } from "./event-store.ts";

/** Who has been found behind a request, and the database's time at which that was. */
export type UsageCaller = { now: Date } & (
  | {
      account: { _id: ObjectId; username: string };
      key?: { id: ObjectId; masked: string } | undefined;
      staff?: never;
    }
  | { staff: { _id: ObjectId; username: string }; account?: never; key?: never }
);

/** Of a request, what its event says. */
interface Described {
  id: string;
  clientRequestId: string | undefined;
  method: string;
  route: string;
  ip: string;
  userAgent: string | undefined;
  log: Log;
  /** Bytes of its body. */
  size: number;
}

/**
 * The usage event of one request that is not metered, on its way to the database. A change that
 * makes the request a success takes it along in its own batch; else it is written at the end.
 */
export interface RequestUsage {
  /** The request's, and its event's. */
  readonly id: string;
  /** Whose request it is, once that is known. */
  readonly caller: UsageCaller | undefined;
  /** Says whose request it is; without a caller it leaves no event. */
  of(caller: UsageCaller): void;
  /** The status of a success, if it is not 200. */
  succeedsWith(status: number): void;
  /** The event of a success, as last steps of a batch; none if nobody is known, nor given as its maker. */
  steps(db: Db, maker?: UsageCaller): ClientInsertOneModel<Document>[];
  /** Says whether the event stands: it was written elsewhere, or taken back. */
  stands(does?: boolean): void;
  /** Writes the event of a request that was answered, unless it stands already. Never throws. */
  end(answer: { status: number; failure?: Failure | undefined; size: number }): Promise<void>;
}

/** What an operation needs of it, to let its change take the event along. */
export type CarriedUsage = Pick<RequestUsage, "id" | "of" | "steps" | "stands">;

interface UsageDeps {
  events: Pick<UsageEventStore, "insert">;
  count: RecordCount;
  pause: (milliseconds: number) => Promise<unknown>;
}

/** Milliseconds a request may take in all, with the tries to write its event. */
const bound = 5_000;

/** Milliseconds of one try at least: also a request that took long deserves one. */
const leastTry = 1_000;

const nothing = { credits: { allowance: 0, balance: 0 }, conversations: 0 };

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

/** Makes what opens the usage of a request. */
export const usageRecorder =
  (deps: UsageDeps) =>
  (request: Described): RequestUsage => {
    const startedAt = performance.now();
    let caller: UsageCaller | undefined;
    let success = 200;
    let stands = false;

    const eventOf = (
      { now, account, staff, key }: UsageCaller,
      { status, failure, response }: { status: number; failure?: Failure; response?: number },
    ): UsageFacts =>
      ({
        _id: request.id,
        ...(request.clientRequestId !== undefined && { clientRequestId: request.clientRequestId }),
        ...(account && { account: account._id, username: account.username }),
        ...(staff && { staff: staff._id, username: staff.username }),
        ...(key && { key: key.id, keyMasked: key.masked }),
        endpoint: request.route,
        method: request.method,
        status,
        outcome: failure ? "failed" : "answered",
        ...(failure && { code: failure.code, fingerprint: fingerprintOf(failure, request.route) }),
        duration: round(performance.now() - startedAt),
        ...nothing,
        sizes: { request: request.size, ...(response !== undefined && { response }) },
        ip: request.ip,
        ...(request.userAgent !== undefined && { userAgent: request.userAgent }),
        at: now,
      }) as UsageFacts;

    return {
      id: request.id,
      get caller() {
        return caller;
      },
      of: (found) => {
        caller = found;
      },
      succeedsWith: (status) => {
        success = status;
      },
      steps: (db, maker = caller) =>
        maker ? [insertUsage(db, eventOf(maker, { status: success }))] : [],
      stands: (does = true) => {
        stands = does;
      },
      end: async ({ status, failure, size }) => {
        if (!caller || stands) return;
        const event = eventOf(caller, { status, ...(failure && { failure }), response: size });
        // What has just been away is not waited for again.
        const until = failure?.code === "DATABASE_UNAVAILABLE" ? 0 : startedAt + bound;
        await written(deps, event, { until, log: request.log });
      },
    };
  };

/** Writes an event, again and again until it is time. What could not be written then stands in the log, whole. */
async function written(
  { events, count, pause }: UsageDeps,
  event: UsageFacts,
  { until, log }: { until: number; log: Log },
): Promise<void> {
  let reason: unknown = new Failure("DATABASE_UNAVAILABLE");
  for (let wait = 100; until > 0; wait *= 2) {
    try {
      const left = Math.max(leastTry, until - performance.now());
      await events.insert(event, left);
      return;
    } catch (error) {
      reason = error;
      if (!(error instanceof Failure) || performance.now() + wait >= until) break;
      await pause(wait);
    }
  }
  count("UsageEventsUnwritten", 1);
  log.error("usage event unwritten", { error: reason, event: BSON.EJSON.stringify(event) });
}
