import type { Outcome } from "../credits/metering.ts";

/** What an operation used, as far as it knows; the endpoint adds how it was answered. */
export type Used = Pick<
  Outcome,
  "kind" | "credits" | "conversations" | "tokens" | "tasks" | "messages"
> & {
  /** Milliseconds until the upstream had answered, or had begun to. */
  upstreamMs?: number | undefined;
};

/** A success that takes nothing. */
export const free: Used = { kind: "captured", credits: 0, conversations: 0 };

/** Everything is given back. */
export const nothingUsed: Used = { kind: "failed", credits: 0, conversations: 0 };

/** An answer that is there as a whole. */
interface WholeWork {
  reply: unknown;
  used: Used;
}

/** An answer that comes as events. */
export interface StreamWork {
  events: AsyncGenerator<object, void>;
  /** Whether an event holds something of the answer itself: once one was written, the request is charged. */
  isAnswer(event: object): boolean;
  /** What the events so far amount to. */
  used(): Used;
  /** The events so far as one answer. */
  whole(): object;
}

export type Work = WholeWork | StreamWork;
