/** How many attempts of one kind may count against one key, such as an address, and for how long. */
export interface ThrottleRule {
  limit: number;
  /** Milliseconds from the first attempt that counts until the count starts afresh. */
  window: number;
  /** Milliseconds from the attempt that reaches the limit, in place of what is left of the window. */
  lock?: number;
}

/** What is known of a key. */
export interface Throttle {
  /** Attempts that counted. */
  counted: number;
  /** When the count starts afresh. */
  until: Date;
  /** Attempts whose outcome is not known yet; each takes a place until it is taken back. */
  open: { id: string; at: Date }[];
}

/**
 * What becomes of an attempt: `blocked`, the limit is reached; `busy`, it would be if all that are
 * still open count.
 */
export type Admission = "admitted" | "blocked" | "busy";

/** Milliseconds after which an attempt without an outcome is not busy any more: whoever made it is gone. */
const lostAfter = 60_000;

/** What is known of a key at `now`: an old count starts afresh. */
export const upToDate = (
  known: Throttle | undefined,
  { window }: ThrottleRule,
  now: Date,
): Throttle =>
  known && known.until > now
    ? known
    : { counted: 0, until: new Date(now.getTime() + window), open: [] };

/** Whether one more attempt may be made of what is up to date. A lost one counts, or a crash would be a free guess. */
export function admission(
  { counted, open }: Throttle,
  { limit }: ThrottleRule,
  now: Date,
): Admission {
  if (counted + open.length < limit) return "admitted";
  const lost = open.filter(({ at }) => now.getTime() - at.getTime() >= lostAfter);
  return counted + lost.length < limit ? "busy" : "blocked";
}

/** With an open attempt counted; one that is not open any more belongs to a count that is over. */
export function withCounted(
  { counted, open, until }: Throttle,
  id: string,
  { limit, lock }: ThrottleRule,
  now: Date,
): Throttle {
  if (!open.some((attempt) => attempt.id === id)) return { counted, open, until };
  const locks = lock !== undefined && counted + 1 >= limit;
  return {
    counted: counted + 1,
    open: open.filter((attempt) => attempt.id !== id),
    until: locks ? new Date(now.getTime() + lock) : until,
  };
}
