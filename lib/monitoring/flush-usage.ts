import type { Flushed } from "./staff-rules.ts";

interface FlushDeps {
  aggregate: () => Promise<{ events: number; hours: number }>;
  rollUp: () => Promise<{ days: number }>;
  /** How far usage is counted by now; undefined before the first run. */
  countedUpTo: () => Promise<Date | undefined>;
}

/**
 * Counts at once what the jobs would count within 5 minutes. Nothing else waits: the records of a
 * request are written before its answer. A scheduled run that is under way is left to do it.
 */
export async function flushUsage(
  { aggregate, rollUp, countedUpTo }: FlushDeps,
  { now }: { now: Date },
): Promise<Flushed> {
  const { events, hours } = await aggregate();
  const { days } = await rollUp();
  const upTo = (await countedUpTo())?.toISOString() ?? null;
  return {
    success: true,
    message:
      upTo === null
        ? "Usage is being counted for the first time."
        : `Records are written with their requests. Usage is counted up to ${upTo}.`,
    timestamp: now.toISOString(),
    counted_up_to: upTo,
    flushed: { events, hours, days },
  };
}
