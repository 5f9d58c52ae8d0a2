import type { Collection } from "../storage/collection.ts";
import type { Interval } from "../storage/entries.ts";
import type { Index } from "../storage/index.ts";
import { endOfPrefix } from "../storage/order-key.ts";
import type { Doc } from "../values/codec.ts";
import type { Collation } from "../values/collation.ts";
import { type Bound, boundsOf, intersect } from "./bounds.ts";
import { coversAll } from "./coverage.ts";
import type { Predicate } from "./predicates.ts";

/** One index to be read within some intervals. */
export type IndexAccess = {
  index: Index;
  /** In order and apart from each other. */
  intervals: Interval[];
  backwards: boolean;
  /** Whether the intervals leave anything out. */
  bounded: boolean;
  /** Whether documents come in the order the query asks for. */
  sorted: boolean;
};

export type Wanted = {
  predicates: readonly Predicate[];
  /** Paths and directions; empty if the order doesn't matter. */
  sort: readonly { path: string; direction: 1 | -1 }[];
  collation: Collation | undefined;
};

/** Beyond this many combinations of values the rest of an index's fields is left to the filter. */
const maxIntervals = 4096;

/** How an index can serve a query; better ones have a higher rank. */
type Candidate = IndexAccess & { rank: number };

/** The best index for a query, or undefined if none has bounds or order for it. */
export function chooseIndex(collection: Collection, wanted: Wanted): IndexAccess | undefined {
  let best: Candidate | undefined;
  const asked = new Set(wanted.predicates.map(({ path }) => path));
  for (const index of collection.indexes) {
    // Without a predicate on its first field an index has no bounds, and only its order is of use.
    const isOfUse = asked.has(index.fields[0]?.path ?? "") || wanted.sort.length > 0;
    if (!isOfUse || index.hidden || !coversAll(index, wanted.predicates)) continue;
    const candidate = accessBy(index, wanted);
    if (!candidate.bounded && !(candidate.sorted && wanted.sort.length > 0)) continue;
    if (best === undefined || candidate.rank > best.rank) best = candidate;
  }
  return best;
}

/** The way to read one index for a query: all of it if need be. */
export function accessBy(index: Index, wanted: Wanted): Candidate {
  const fields = fieldBounds(index, wanted);
  const { intervals, points, ranges } = combine(fields);
  const direction = directionFor(index, fields.slice(0, points), wanted);
  return {
    index,
    intervals,
    bounded: points + ranges > 0,
    sorted: direction !== undefined,
    backwards: direction === -1,
    rank: rankOf(index, points, ranges, direction !== undefined && wanted.sort.length > 0),
  };
}

/** Equality on more fields is worth most, then a range, then to be spared sorting, then a shorter key. */
function rankOf(index: Index, points: number, ranges: number, sorts: boolean): number {
  const isUniqueHit = index.unique && points === index.fields.length;
  return (
    (isUniqueHit ? 1e6 : 0) + points * 1000 + ranges * 400 + (sorts ? 300 : 0) - index.fields.length
  );
}

/** A number in a path is a position or a name; an index knows it as a position only. */
const isAmbiguous = (path: string): boolean => /\.\d+(\.|$)/.test(path);

/** The bounds of each field, from the first on, up to the first that has none. */
function fieldBounds(index: Index, { predicates, collation }: Wanted): Bound[][] {
  const fields: Bound[][] = [];
  const heads = new Set<string>();
  for (const [i, { path, direction }] of index.fields.entries()) {
    const head = path.split(".")[0] ?? "";
    if (isAmbiguous(path)) break;
    const order = {
      direction,
      collation: index.collation,
      sameCollation: index.collation?.strength === collation?.strength,
    };
    const lists = predicates
      .filter((predicate) => predicate.path === path)
      .flatMap((predicate) => {
        const bounds = boundsOf(predicate, order);
        return bounds ? [bounds] : [];
      });
    const narrowest = lists.sort((a, b) => weight(a) - weight(b))[0];
    if (narrowest === undefined) break;
    const isMultikey = index.multikey[i] === true;
    // Fields below one array needn't meet in one element, so only one of them narrows the search.
    if (isMultikey && heads.has(head)) break;
    // Different elements of an array may satisfy different predicates.
    fields.push(isMultikey ? narrowest : lists.reduce(intersect));
    if (isMultikey) heads.add(head);
  }
  return fields;
}

const isPoints = (bounds: readonly Bound[]): boolean => bounds.every(({ point }) => point);
const weight = (bounds: readonly Bound[]): number =>
  (isPoints(bounds) ? 0 : maxIntervals) + bounds.length;

function combine(fields: readonly Bound[][]): {
  intervals: Interval[];
  points: number;
  ranges: number;
} {
  let prefixes = [""];
  let points = 0;
  for (const bounds of fields) {
    if (points > 0 && prefixes.length * bounds.length > maxIntervals) break;
    if (!isPoints(bounds)) {
      const intervals = prefixes.flatMap((prefix) =>
        bounds.map(({ from, to }) => ({ from: prefix + from, to: prefix + to })),
      );
      return { intervals, points, ranges: 1 };
    }
    prefixes = prefixes.flatMap((prefix) => bounds.map(({ from }) => prefix + from));
    points += 1;
  }
  const intervals = prefixes.map((prefix) => ({ from: prefix, to: prefix + endOfPrefix }));
  return { intervals, points, ranges: 0 };
}

/** The direction in which the index gives the wanted order, if one does; its first fields are bound to `points`. */
function directionFor(
  index: Index,
  points: readonly Bound[][],
  { sort, collation }: Wanted,
): 1 | -1 | undefined {
  if (sort.length === 0) return 1;
  if (index.collation || collation) return undefined;
  const isFixed = (i: number): boolean => points[i]?.length === 1;
  let direction: 1 | -1 | undefined;
  let at = 0;
  for (const wanted of sort) {
    const fixedAt = index.fields.findIndex(({ path }, i) => path === wanted.path && isFixed(i));
    if (fixedAt !== -1 && !index.multikey[fixedAt]) continue;
    while (isFixed(at) && index.fields[at]?.path !== wanted.path) at += 1;
    const field = index.fields[at];
    // A document with several keys would come at its first, which bounds may have cut off.
    if (field?.path !== wanted.path || isAmbiguous(field.path) || index.multikey[at]) {
      return undefined;
    }
    const needed = field.direction === wanted.direction ? 1 : -1;
    if (direction !== undefined && direction !== needed) return undefined;
    direction = needed;
    at += 1;
  }
  return direction ?? 1;
}

/** The index a hint names. */
export const hinted = (collection: Collection, hint: Doc | string): Index | undefined =>
  collection.indexes.find(({ name, spec, hidden }) =>
    hidden ? false : typeof hint === "string" ? name === hint : sameKey(spec.key as Doc, hint),
  );

const sameKey = (key: Doc, hint: Doc): boolean => {
  const fields = Object.entries(key);
  const others = Object.entries(hint);
  return (
    fields.length === others.length &&
    fields.every(
      ([path, value], i) => path === others[i]?.[0] && String(value) === String(others[i]?.[1]),
    )
  );
};
