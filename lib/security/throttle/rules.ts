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
  /** Attempts whose outcome is not known yet; they count until they are taken back. */
  open: { id: string; at: Date }[];
}

/**
 * What becomes of an attempt: `blocked`, the limit is reached; `busy`, it would be if all that are
 * still open count.
 */
export type Admission = "admitted" | "blocked" | "busy";

/** Milliseconds after which an attempt without an outcome counts: whoever made it is gone. */
export const lostAfter = 60_000;

/** What is known of a key brought up to `now`: an old count starts afresh, a lost attempt counts. */
export function upToDate(
  known: Throttle | undefined,
  { limit, window, lock }: ThrottleRule,
  now: Date,
): Throttle {
  const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
  const live = known && known.until > now ? known : { counted: 0, until: later(window) };
  const open = (known?.open ?? []).filter(({ at }) => now.getTime() - at.getTime() < lostAfter);
  const counted = live.counted + (known?.open.length ?? 0) - open.length;
  const locks = lock !== undefined && live.counted < limit && counted >= limit;
  return { counted, open, until: locks ? later(lock) : live.until };
}

/** Whether one more attempt may be made of what is up to date. */
export function admission({ counted, open }: Throttle, { limit }: ThrottleRule): Admission {
  if (counted >= limit) return "blocked";
  return counted + open.length >= limit ? "busy" : "admitted";
}

/** With an open attempt counted; one that is not open has been counted already. */
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
