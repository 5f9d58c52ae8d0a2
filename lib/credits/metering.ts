import type { StoredKey, scopes } from "../accounts/document.ts";
import type { Log } from "../logger.ts";
import type { Token } from "../security/token.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import type { GateAccount, StoredHold } from "./gate-account.ts";
import type { RateClass } from "./rules.ts";

/** Of a request, what is checked and recorded; RequestFacts has it. */
export interface MeteredRequest {
  id: string;
  clientRequestId: string | undefined;
  method: string;
  route: string;
  ip: string;
  userAgent: string | undefined;
  log: Log;
  /** Told who is found behind it. */
  usage?: Pick<CarriedUsage, "of"> | undefined;
}

/** What a request takes if it is admitted, and what it is checked for. Credits and conversations are whole numbers, 0 or more. */
export interface Price {
  credits: number;
  conversations: number;
  /** 1 low, 2 medium, 3 high, 4 ultra. */
  level: number;
  rType: string | null;
  model: string;
}

export interface AdmitInput {
  request: MeteredRequest;
  token: Token;
  /** What the key must be allowed to be used for; null for what every key may do. */
  scope: (typeof scopes)[number] | null;
  rateClass: RateClass;
  /** Undefined where nothing is metered, or the body is invalid: then only key, account and rate are looked at. */
  price: Price | undefined;
  /** Of the function, in milliseconds: a hold lives a minute longer. */
  timeoutMs: number;
  /** The caller's Idempotency-Key, and a SHA-256 of the body as 64 hexadecimal digits. */
  idempotency?: { key: string; body: string };
}

/** What an account has left, and how its rate stands. */
export interface Limits {
  left: {
    /** In all. */
    credits: number;
    /** Of today's allowance; `credits` has it too. */
    allowance: number;
    /** Of today's. */
    conversations: number;
    /** Of the key's own cap; null without one. */
    keyCredits: number | null;
  };
  rate: {
    class: RateClass;
    perMinute: number;
    /** Requests that may come at once. */
    burst: number;
    /** Requests that may come right now. */
    remaining: number;
    /** Milliseconds until `remaining` is `burst` again. */
    resetMs: number;
  };
}

/** An answer as it is kept for an Idempotency-Key. */
export interface StoredAnswer {
  status: number;
  /** As it was sent; of a stream, the assembled whole. */
  body: string;
}

export interface Admission {
  account: GateAccount;
  key: StoredKey;
  request: MeteredRequest;
  /** What was taken for the request; undefined if nothing was metered. */
  hold: StoredHold | undefined;
  /** The database's time at which it was admitted. */
  now: Date;
  limits: Limits;
  /** Answer with this and mark it as replayed: the request was asked before, and is settled. */
  replay: StoredAnswer | undefined;
}

/** A request and its answer as a person of staff may read them. */
interface LoggedMessage {
  /** Its number among the tasks of a batch. */
  task?: number;
  model: string;
  rType: string | null;
  research: boolean;
  /** As the caller sent them. */
  request: readonly unknown[];
  response: unknown;
  tokens: number;
  /** Milliseconds. */
  duration: number;
}

/** How a request ended, and what it used. */
export interface Outcome {
  /** A failed one gives everything back. */
  kind: "captured" | "failed";
  /** To be charged: at most what the hold has. */
  credits: number;
  conversations: number;
  /** HTTP status of the answer. */
  status: number;
  /** Of the failure that was answered. */
  code?: string | undefined;
  fingerprint?: string | undefined;
  tokens?: { input: number; output: number; estimated: boolean } | undefined;
  model: string | null;
  rType: string | null;
  /** Milliseconds; `upstream` if one was called. */
  durations: { total: number; upstream?: number | undefined };
  /** Bytes of the bodies. */
  sizes: { request: number; response: number };
  /** Of a batch. */
  tasks?:
    | {
        total: number;
        succeeded: number;
        failed: number;
        unfinished: number;
        models: string[];
        rTypes: string[];
      }
    | undefined;
  /** For the message log, one for each task; written only if the account wants it. */
  messages?: readonly LoggedMessage[] | undefined;
  /** Kept for the request's Idempotency-Key, if something is captured. */
  answer?: StoredAnswer | undefined;
}

export interface Settled {
  /** False if the database was away for the whole time; the event is in the log then. */
  recorded: boolean;
  /** Whether the hold had been given back before: nothing was charged. */
  late: boolean;
  /** Charged for the request. */
  credits: number;
}

/** The border between what is metered and how. */
export interface Metering {
  /**
   * Decides and takes in one statement; with an Idempotency-Key it also looks for an answer.
   * A refusal of a known key leaves its usage event.
   * @throws Failure of the refusal with what is left, when to come again, and the headers that say so
   */
  admit(input: AdmitInput): Promise<Admission>;
  /** Charges and records, once. Never throws for a database that is away. A replay is settled already. */
  settle(admission: Admission, outcome: Outcome): Promise<Settled>;
}
