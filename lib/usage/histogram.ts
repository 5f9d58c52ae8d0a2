/**
 * Latencies on a logarithmic scale: bucket i holds what is above growth^(i-1) and at most growth^i
 * milliseconds. What stands for a bucket is off by at most (growth - 1) / (growth + 1), which is
 * 2.5 %, and histograms are merged by adding their counts (the way of DDSketch, VLDB 2019).
 */
export const growth = 1.05;

/** Milliseconds below which durations are not told apart. */
export const shortest = 0.01;

export interface Bucket {
  bucket: number;
  count: number;
}

/** What stands for all durations of a bucket, in milliseconds. */
const middleOf = (bucket: number): number => (2 * growth ** bucket) / (growth + 1);

/** The sum of histograms, in the order of their buckets. */
export function mergedHistogram(histograms: Iterable<readonly Bucket[]>): Bucket[] {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    for (const { bucket, count } of histogram) {
      counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    }
  }
  return [...counts]
    .map(([bucket, count]) => ({ bucket, count }))
    .sort((one, other) => one.bucket - other.bucket);
}

/** How many durations a histogram holds. */
export const countOf = (histogram: readonly Bucket[]): number =>
  histogram.reduce((sum, { count }) => sum + count, 0);

/**
 * The duration that a share of all does not exceed (nearest rank), in milliseconds, within 2.5 %.
 * @param histogram in the order of its buckets
 * @returns null if it is empty
 */
export function percentile(histogram: readonly Bucket[], share: number): number | null {
  const rank = Math.max(1, Math.ceil(share * countOf(histogram)));
  let passed = 0;
  for (const { bucket, count } of histogram) {
    passed += count;
    if (passed >= rank) return middleOf(bucket);
  }
  return null;
}
