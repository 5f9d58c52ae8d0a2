import type { LeaseStore } from "../jobs/lease-store.ts";
import { aggregatingJob } from "./aggregate-usage.ts";
import type { DayStore } from "./day-store.ts";
import { eventRetention } from "./event.ts";
import { removingJob } from "./hour-store.ts";

/** How often days are added up again that hours were counted for meanwhile, and milliseconds between. */
const tries = 5;
const wait = 2_000;

const hourLength = 3_600_000;

/** Milliseconds after which an event may be recorded at the latest that is still to be counted. */
const latest = 24 * hourLength;

interface RollUpDeps {
  leases: LeaseStore;
  days: DayStore;
  pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Adds up every day that has hours counted since the last run, as of the last hours that were
 * finished; then removes the events that hours and days have, once older than the retention. May be
 * repeated, doubled, killed or resumed. Begins nothing new after `budget` milliseconds.
 */
export async function rollUpDays(
  { leases, days, pause }: RollUpDeps,
  { budget, retention = eventRetention }: { budget: number; retention?: number },
): Promise<{ days: number; removed: number }> {
  const counts = { days: 0, removed: 0 };
  const until = performance.now() + budget;
  const lease = await leases.take(removingJob);
  if (!lease) return counts;
  try {
    const upTo = await addUp();
    if (upTo) await remove(upTo);
  } finally {
    await lease.release();
  }
  return counts;

  /** @returns up to where all days are right; undefined if hours are being counted all the time */
  async function addUp(): Promise<Date | undefined> {
    for (let count = 0; count < tries && performance.now() < until; count++) {
      if (count > 0) await pause(wait);
      const { watermark: upTo } = await leases.state(aggregatingJob);
      if (!upTo) return undefined;
      for (const day of await days.changed(lease?.watermark)) {
        if (!(await lease?.keep())) return undefined;
        await days.write(day, upTo);
        counts.days += 1;
      }
      if (await days.isOvertaken(upTo)) continue;
      await lease?.finish(upTo);
      return upTo;
    }
    return undefined;
  }

  async function remove(upTo: Date): Promise<void> {
    const kept = (lease?.now.getTime() ?? 0) - retention;
    // After an outage of the jobs older hours may still have to be counted.
    const before = Math.min(kept, upTo.getTime() - latest);
    const hour = new Date(before - (before % hourLength));
    await days.announceRemoval(hour);
    while (performance.now() < until && (await lease?.keep())) {
      const removed = await days.removeSome(hour, upTo);
      counts.removed += removed;
      if (removed === 0) return;
    }
  }
}
