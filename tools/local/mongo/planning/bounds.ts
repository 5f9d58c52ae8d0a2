import { BSONRegExp, MaxKey, MinKey } from "bson";
import { endOfPrefix, orderKey, typeInterval } from "../storage/order-key.ts";
import { isDoc, type Value } from "../values/codec.ts";
import type { Collation } from "../values/collation.ts";
import type { Comparison, Predicate } from "./predicates.ts";

/** Keys of one index field from `from` up to but without `to`; a point holds the keys of one value only. */
export type Bound = { from: string; to: string; point: boolean };

/** How an index field keeps its keys, and whether the query sees strings as the index does. */
export type FieldOrder = {
  direction: 1 | -1;
  collation: Collation | undefined;
  sameCollation: boolean;
};

/** The bounds within which all documents lie that satisfy a predicate, in order; undefined: no bounds. */
export function boundsOf(predicate: Predicate, order: FieldOrder): Bound[] | undefined {
  switch (predicate.kind) {
    case "in": {
      const parts = predicate.values.map((value) =>
        value instanceof BSONRegExp ? regexBounds(value, order) : equalBounds(value, order),
      );
      return parts.some((part) => part === undefined)
        ? undefined
        : union(parts.flatMap((part) => part ?? []));
    }
    case "range":
      return rangeBounds(predicate.operator, predicate.value, order);
    case "regex":
      return regexBounds(predicate.value, order);
    case "exists":
      return predicate.value ? undefined : equalBounds(null, order);
  }
}

/** The bounds that lie in both lists. */
export function intersect(a: readonly Bound[], b: readonly Bound[]): Bound[] {
  return a.flatMap((x) =>
    b.flatMap((y) => {
      const from = laterOf(x.from, y.from);
      const to = x.to === laterOf(x.to, y.to) ? y.to : x.to;
      return from < to ? [{ from, to, point: x.point || y.point }] : [];
    }),
  );
}

function laterOf(a: string, b: string): string {
  if (a < b) return b;
  return a;
}

function union(bounds: Bound[]): Bound[] {
  const merged: Bound[] = [];
  for (const bound of bounds.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (last === undefined || bound.from >= last.to) merged.push({ ...bound });
    else if (bound.to > last.to || !bound.point) {
      last.to = laterOf(bound.to, last.to);
      last.point = false;
    }
  }
  return merged;
}

const mayHoldText = (value: Value): boolean =>
  typeof value === "string" || Array.isArray(value) || isDoc(value);

function point(value: Value | undefined, { direction, collation }: FieldOrder): Bound {
  const key = orderKey([value], [direction], collation);
  return { from: key, to: key + endOfPrefix, point: true };
}

/** An array is found by its first element, of which it has a key, or as an element of another array. */
function equalBounds(value: Value, order: FieldOrder): Bound[] | undefined {
  if (!order.sameCollation && mayHoldText(value)) return undefined;
  return Array.isArray(value)
    ? union([point(value[0], order), point(value, order)])
    : [point(value, order)];
}

/** A comparison holds only among values of the same type. */
function rangeBounds(operator: Comparison, value: Value, order: FieldOrder): Bound[] | undefined {
  if (Array.isArray(value) || value instanceof MinKey || value instanceof MaxKey) return undefined;
  if (value === null) return operator.endsWith("e") ? equalBounds(null, order) : [];
  // A collated key tells equal strings from others, but not which comes first.
  if (mayHoldText(value) && (order.collation || !order.sameCollation)) return undefined;
  const type = typeInterval(value, order.direction);
  const { from, to } = point(value, order);
  const isUpper = operator.startsWith("$gt") === (order.direction === 1);
  const inclusive = operator.endsWith("e");
  return isUpper
    ? [{ from: inclusive ? from : to, to: type.to, point: false }]
    : [{ from: type.from, to: inclusive ? to : from, point: false }];
}

/** Strings that begin as an anchored expression does, or all strings; and the expression itself as a value. */
function regexBounds(regex: BSONRegExp, order: FieldOrder): Bound[] | undefined {
  if (order.collation) return undefined;
  const literal = regex.options === "" ? /^\^([\w@ -]+)(.?)/.exec(regex.pattern) : null;
  const optional = literal !== null && /[?*{|]/.test(literal[2] ?? "");
  const isOneBranch = !regex.pattern.includes("|");
  const prefix =
    literal && isOneBranch ? (literal[1] ?? "").slice(0, optional ? -1 : undefined) : "";
  if (prefix === "") {
    return union([{ ...typeInterval("", order.direction), point: false }, point(regex, order)]);
  }
  const start = orderKey([prefix], [order.direction]).slice(0, -1);
  return union([
    { from: start, to: start + endOfPrefix + endOfPrefix, point: false },
    point(regex, order),
  ]);
}
