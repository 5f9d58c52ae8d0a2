import { fail } from "../errors.ts";
import type { Index } from "../storage/index.ts";
import { endOfPrefix, orderKey } from "../storage/order-key.ts";
import type { Doc } from "../values/codec.ts";
import type { IndexAccess } from "./access.ts";

/** find's `min` and `max`: where in an index to begin, and where to end before. */
export type Edges = { min?: Doc | undefined; max?: Doc | undefined };

/**
 * The way to read an index from `min` up to but without `max`, in its own order.
 * @param index the hinted one, without which MongoDB does not take them
 * @throws ServerError 51173, 51174 or 51175 for edges that are none of this index.
 */
export function accessBetween(index: Index | undefined, { min, max }: Edges): IndexAccess {
  if (index === undefined) {
    return fail(51173, "When using min()/max() a hint of which index to use must be provided");
  }
  const [from, to] = [min && keyOf(index, min), max && keyOf(index, max)];
  if (from !== undefined && to !== undefined && from >= to) {
    fail(51175, "The value provided for min() does not come before the value provided for max()");
  }
  const interval = { from: from ?? "", to: to ?? endOfPrefix };
  return { index, intervals: [interval], bounded: true, sorted: false, backwards: false };
}

function keyOf(index: Index, edge: Doc): string {
  const directions = index.fields.map(({ direction }) => direction);
  if (index.fields.map(({ path }) => path).join() !== Object.keys(edge).join()) {
    fail(51174, "The index chosen is not compatible with min/max");
  }
  return orderKey(Object.values(edge), directions, index.collation);
}
