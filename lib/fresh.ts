/** Milliseconds for which service-wide settings and rules are believed: the longest that a change takes to hold everywhere. */
export const freshFor = 10_000;

interface Kept<Value> {
  /** What was read less than `freshFor` ago; undefined if that is longer. */
  fresh(): Value | undefined;
  /** What was read last, however long ago. */
  last(): Value | undefined;
  /** Reads again; whoever asks meanwhile waits for the same read. */
  read(): Promise<Value>;
}

/**
 * Keeps what `read` gives for this process. `now` is in milliseconds, for tests.
 * A container that was frozen may find its monotonic clock where it left it, and the clock of the
 * day may be set back: only what both call fresh is fresh.
 */
export function keptFresh<Value>(read: () => Promise<Value>, now?: () => number): Kept<Value> {
  const clocks = now ? [now] : [() => performance.now(), () => Date.now()];
  let last: { value: Value; readAt: number[] } | undefined;
  let reading: Promise<Value> | undefined;

  const isFresh = (readAt: number[]): boolean =>
    clocks.every((clock, index) => {
      const age = clock() - (readAt[index] ?? 0);
      return age >= 0 && age < freshFor;
    });

  const readOnce = async (): Promise<Value> => {
    // Of its beginning: a change during the read may or may not be in it.
    const readAt = clocks.map((clock) => clock());
    const value = await read();
    last = { value, readAt };
    return value;
  };

  return {
    fresh: () => (last && isFresh(last.readAt) ? last.value : undefined),
    last: () => last?.value,
    read: () => {
      reading ??= readOnce().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}
