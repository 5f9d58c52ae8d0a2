interface Answer {
  status: number;
  /** Of a failure. */
  code: string | undefined;
  /** Milliseconds until the answer was there as a whole. */
  duration: number;
}

/** Counts answers by kind of request, and by failure. */
export function newTally() {
  const durations = new Map<string, number[]>();
  const failures = new Map<string, number>();
  const serverErrors = new Map<string, number>();
  let total = 0;

  return {
    add(kind: string, { status, code, duration }: Answer): void {
      total += 1;
      const known = durations.get(kind);
      if (known) known.push(duration);
      else durations.set(kind, [duration]);
      if (status >= 400) increment(failures, `${status} ${code ?? "?"}`);
      if (status >= 500) increment(serverErrors, `${kind}: ${status} ${code ?? "?"}`);
    },
    total: () => total,
    serverErrors: (): ReadonlyMap<string, number> => serverErrors,
    failures: (): [string, number][] => [...failures].sort(([, a], [, b]) => b - a),
    kinds: () =>
      [...durations].map(([kind, all]) => {
        const sorted = all.sort((a, b) => a - b);
        return { kind, count: all.length, ...percentiles(sorted) };
      }),
    all: () => percentiles([...durations.values()].flat().sort((a, b) => a - b)),
  };
}

const increment = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/** Nearest-rank percentiles, rounded to milliseconds. */
const percentiles = (sorted: readonly number[]) => {
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
};
