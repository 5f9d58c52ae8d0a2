import type { Operation } from "./operation.ts";

/** A change already made in memory, with what it takes to write it down, to undo it, or to be done with it. */
type Change = {
  operation: Operation;
  undo: () => void;
  /** Runs once the change can't be undone any more. */
  done?: () => void;
};

/** The changes of the statement that is running. */
export type Changes = {
  /** All of `work` or nothing; a batch inside a batch joins it. */
  batch<T>(work: () => T): T;
  /** Notes a change; outside a batch it is one of its own. */
  note(change: Change): void;
};

/** `write` makes a statement's operations durable, or throws: then they are undone. */
export function createChanges(write: (operations: Operation[]) => void): Changes {
  let running: Change[] | undefined;

  function undoTo(changes: Change[], length: number): void {
    for (const change of changes.splice(length).reverse()) change.undo();
  }

  function batch<T>(work: () => T): T {
    const outer = running;
    const changes = outer ?? [];
    const start = changes.length;
    running = changes;
    try {
      const result = work();
      if (outer === undefined && changes.length > 0) write(changes.map((c) => c.operation));
      if (outer === undefined) for (const change of changes) change.done?.();
      return result;
    } catch (error) {
      undoTo(changes, start);
      throw error;
    } finally {
      running = outer;
    }
  }

  return {
    batch,
    note(change) {
      if (running) running.push(change);
      else batch(() => running?.push(change));
    },
  };
}
