import type { Journal } from "./journal.ts";
import type { Operation } from "./operation.ts";

export type CompactorParts = {
  journal: Journal;
  /** The operations that make the present state. */
  state: () => Iterable<Operation>;
  /** Bytes of the documents in it. */
  liveBytes: () => number;
  /** A journal below this many bytes is left alone. */
  minimum: number;
  log: (line: string) => void;
};

/** Rewrites the journal when more than half of it is out of date, a slice at a time between statements. */
export type Compactor = {
  /** To be called after each append. */
  check(): void;
  /** Compacts at once if it is time: at open, when nobody waits yet. */
  checkAtOpen(): void;
  stop(): void;
};

export function createCompactor({
  journal,
  state,
  liveBytes,
  minimum,
  log,
}: CompactorParts): Compactor {
  let threshold = 0;
  let running: Generator<void, void> | undefined;
  let timer: NodeJS.Immediate | undefined;

  const setThreshold = (): void => {
    threshold = Math.max(minimum, 2 * liveBytes());
  };

  function isDue(): boolean {
    if (running || journal.bytes <= threshold) return false;
    // What made the journal grow may be new documents, not old versions of them.
    setThreshold();
    return journal.bytes > threshold;
  }

  function step(): void {
    try {
      if (running?.next().done === false) {
        timer = setImmediate(step).unref();
        return;
      }
      setThreshold();
    } catch (error) {
      // Most likely a full disk. The old journal is whole; try again when it has grown by half.
      threshold = journal.bytes * 1.5;
      log(`compaction failed, the journal stays as it is: ${String(error)}`);
    }
    running = undefined;
  }

  setThreshold();
  return {
    check() {
      if (!isDue()) return;
      running = journal.compaction(state());
      timer = setImmediate(step).unref();
    },
    checkAtOpen() {
      if (!isDue()) return;
      running = journal.compaction(state());
      while (running) step();
      clearImmediate(timer);
    },
    stop() {
      clearImmediate(timer);
      running?.return();
      running = undefined;
    },
  };
}
