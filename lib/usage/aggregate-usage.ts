import type { LeaseStore } from "../jobs/lease-store.ts";
import type { Log } from "../logger.ts";
import type { RecordCount } from "../metrics.ts";
import { type HourStore, removingJob } from "./hour-store.ts";

export const aggregatingJob = "aggregate-usage";

/** Milliseconds after which an event that the server has stamped can be read. */
const settling = 60_000;

/** Milliseconds of recording that are worked on between two marks of how far the job has come. */
const step = 3_600_000;

interface AggregateDeps {
  leases: LeaseStore;
  hours: HourStore;
  count: RecordCount;
  log: Log;
}

/** Steps end with hours, so that few hours are counted in two of them. */
const stepEnd = (time: Date): number => (Math.floor(time.getTime() / step) + 1) * step;

const wholeSecond = (time: number): Date => new Date(time - (time % 1_000));

/**
 * Counts every hour afresh that has events recorded since the last run, up to a minute ago. Each
 * hour is counted whole, so that any run may be repeated, doubled, killed or resumed. After an outage
 * it works in steps; what is left after `budget` milliseconds is for the next run.
 */
export async function aggregateUsage(
  { leases, hours, count, log }: AggregateDeps,
  { budget }: { budget: number },
): Promise<{ events: number; hours: number; tooLate: number }> {
  const counts = { events: 0, hours: 0, tooLate: 0 };
  const until = performance.now() + budget;
  const lease = await leases.take(aggregatingJob);
  if (!lease) return counts;
  const end = wholeSecond(lease.now.getTime() - settling);
  try {
    let { watermark } = lease;
    while (performance.now() < until && (watermark === undefined || watermark < end)) {
      const first = await hours.firstAfter(watermark);
      const upTo = first && first < end ? new Date(Math.min(stepEnd(first), end.getTime())) : end;
      const isWhole = await countHours(watermark, upTo);
      if (!isWhole) break;
      await lease.finish(upTo);
      watermark = upTo;
    }
  } finally {
    await lease.release();
  }
  if (counts.tooLate > 0) {
    // Without the events that are gone the hour can't be counted, and a smaller count would be wrong.
    count("UsageEventsTooLate", counts.tooLate);
    log.error("usage events came too late to be counted", { events: counts.tooLate });
  }
  return counts;

  /** Counts the hours of what was recorded in between. False if it could not be ended. */
  async function countHours(from: Date | undefined, upTo: Date): Promise<boolean> {
    const { removedBefore } = await leases.state(removingJob);
    for (const { _id: hour, events } of await hours.recorded(from, upTo)) {
      if (!(await lease?.keep())) return false;
      if (removedBefore && hour < removedBefore) {
        counts.tooLate += events;
        continue;
      }
      await hours.write(hour, upTo);
      counts.events += events;
      counts.hours += 1;
    }
    return true;
  }
}
