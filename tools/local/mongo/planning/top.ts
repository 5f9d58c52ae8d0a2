/** Sorts items, of which only the first `limit` are wanted (0: all), in memory for twice as many. */
export function keepLeast<T>(
  items: Iterable<T>,
  compare: (a: T, b: T) => number,
  limit: number,
): T[] {
  let kept: T[] = [];
  const most = limit > 0 ? Math.max(2 * limit, 1024) : Number.POSITIVE_INFINITY;
  for (const item of items) {
    kept.push(item);
    if (kept.length >= most) kept = kept.sort(compare).slice(0, limit);
  }
  kept.sort(compare);
  return limit > 0 ? kept.slice(0, limit) : kept;
}
