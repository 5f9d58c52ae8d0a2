import type { Log } from "./logger.ts";
import type { RecordJob } from "./metrics.ts";

/** How many of each a run did. */
type Counts = Record<string, number>;

interface JobDeps {
  log: Log;
  record: RecordJob;
}

/**
 * Makes the builder of scheduled jobs: each run that did something writes one line (others only at
 * level DEBUG), and a failure is logged and passed on, so that Lambda counts the run as failed.
 */
export const jobBuilder =
  ({ log, record }: JobDeps) =>
  (job: string, run: () => Promise<Counts>) =>
  async (): Promise<Counts> => {
    const startedAt = performance.now();
    const line = () => ({ job, duration_ms: Math.round(performance.now() - startedAt) });
    try {
      const counts = await run();
      const idle = Object.values(counts).every((count) => count === 0);
      log[idle ? "debug" : "info"]("job", { ...line(), ...counts });
      record({ job, failed: false });
      return counts;
    } catch (error) {
      log.error("job failed", { ...line(), error });
      record({ job, failed: true });
      throw error;
    }
  };
