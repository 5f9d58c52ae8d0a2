import type { RecordStock } from "../metrics.ts";
import type { OverviewStore } from "./overview-store.ts";

/** Milliseconds after which an expired hold is overdue: the sweep comes every minute. */
const patience = 3 * 60_000;

interface StockDeps {
  overview: Pick<OverviewStore, "queues">;
  record: RecordStock;
}

/**
 * Measures what waits: mails, holds that no sweep has ended, usage that was not counted. A job of its
 * own, so that what another job leaves behind is seen also when that job no longer runs.
 */
export async function takeStock({
  overview,
  record,
}: StockDeps): Promise<{ waiting: number; overdue: number }> {
  const now = Date.now();
  const { waiting, holdsOverdue: overdue, jobs } = await overview.queues(new Date(now - patience));
  const watermark = jobs.find(({ _id }) => _id === "aggregate-usage")?.watermark;
  record(
    { OutboxSize: waiting, HoldsOverdue: overdue },
    { UsageLag: watermark && Math.max(0, Math.round((now - watermark.getTime()) / 1_000)) },
  );
  return { waiting, overdue };
}
