import { countOf, mergedHistogram, percentile } from "./histogram.ts";
import type { Figures } from "./row.ts";
import type { UsageFigures } from "./rules.ts";

const counters = [
  "requests",
  "failed",
  "messages",
  "inputTokens",
  "outputTokens",
  "allowance",
  "balance",
  "conversations",
  "duration",
] as const satisfies readonly (keyof Figures)[];

const sumOf = (some: readonly Figures[], name: (typeof counters)[number]): number =>
  some.reduce((sum, figures) => sum + figures[name], 0);

/** Figures added up. */
export const addedUp = (some: readonly Figures[]): Figures => ({
  ...(Object.fromEntries(counters.map((name) => [name, sumOf(some, name)])) as Omit<
    Figures,
    "histogram"
  >),
  histogram: mergedHistogram(some.map(({ histogram }) => histogram)),
});

const round = (milliseconds: number): number => Math.round(milliseconds * 10) / 10;

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Milliseconds that a request took on average; null if none was timed. */
export function averageOf({ duration, histogram }: Figures): number | null {
  const timed = countOf(histogram);
  return timed === 0 ? null : round(duration / timed);
}

/** Figures in the words of the API. */
export function figuresView(figures: Figures): UsageFigures {
  const { requests, failed, inputTokens, outputTokens, allowance, balance, histogram } = figures;
  const latency = (part: number): number | null => {
    const found = percentile(histogram, part);
    return found === null ? null : round(found);
  };
  return {
    requests,
    succeeded: requests - failed,
    failed,
    success_rate: share(requests - failed, requests),
    error_rate: share(failed, requests),
    messages: figures.messages,
    tokens: { input: inputTokens, output: outputTokens, total: inputTokens + outputTokens },
    credits: { allowance, balance, total: allowance + balance },
    conversations: figures.conversations,
    latency_ms: {
      average: averageOf(figures),
      p50: latency(0.5),
      p95: latency(0.95),
      p99: latency(0.99),
    },
  };
}
