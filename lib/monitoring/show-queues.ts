import type { OverviewStore } from "./overview-store.ts";
import type { QueueStatus } from "./staff-rules.ts";

/** Jobs of usage, by the name of their document. */
const names = ["aggregate-usage", "roll-up-days"];

/** Milliseconds by which a job may be behind that runs every 5 minutes and leaves out the last one. */
const usualLag = 15 * 60_000;

/** What waits, and how far the jobs have come. */
export async function showQueues(
  { overview }: { overview: Pick<OverviewStore, "queues"> },
  { now }: { now: Date },
): Promise<QueueStatus> {
  const { waiting, due, holdsOverdue, jobs } = await overview.queues(now);
  const lags = names.map((name) => {
    const job = jobs.find(({ _id }) => _id === name);
    const lag = job?.watermark && now.getTime() - job.watermark.getTime();
    return {
      name,
      lag,
      view: {
        name,
        watermark: job?.watermark?.toISOString() ?? null,
        lag_seconds: lag === undefined ? null : Math.floor(lag / 1_000),
        is_working: (job?.lease?.until.getTime() ?? 0) > now.getTime(),
      },
    };
  });
  return {
    timestamp: now.toISOString(),
    queue_status: {
      queue_size: waiting,
      due,
      is_running: lags.every(({ lag }) => lag !== undefined && lag <= usualLag),
    },
    holds: { overdue: holdsOverdue },
    jobs: lags.map(({ view }) => view),
  };
}
