import { BSONRegExp, type BSONSymbol, Double, MaxKey, MinKey } from "bson";
import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import type { Collation } from "../values/collation.ts";
import { compare } from "../values/compare.ts";
import { keyOf } from "../values/key.ts";
import { kindOf, kindsNamed, rankOf } from "../values/kinds.ts";
import type { Test } from "../values/paths.ts";
import { regexOf } from "../values/regex.ts";

const isNaNValue = (value: Value | undefined): boolean =>
  (value instanceof Double && Number.isNaN(value.value)) ||
  (kindOf(value) === "decimal" && String(value) === "NaN");

/** Equality by MongoDB's order; null equals missing. */
export function equals(expected: Value, collation: Collation | undefined): Test {
  if (expected === null) return (value) => value === null || value === undefined;
  if (typeof expected === "string" && !collation) {
    return (value) =>
      value === expected || (kindOf(value) === "symbol" && compare(value, expected) === 0);
  }
  return (value) => value !== undefined && compare(value, expected, collation) === 0;
}

type Order = "$gt" | "$gte" | "$lt" | "$lte";

const holds: Record<Order, (order: number) => boolean> = {
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
};

/** An inequality: only values of the operand's own type can pass, except against MinKey and MaxKey. */
export function ordered(name: Order, bound: Value, collation: Collation | undefined): Test {
  if (bound instanceof BSONRegExp) {
    fail("BadValue", "Can't have RegEx as arg to predicate over field");
  }
  const rank = rankOf(bound);
  const pass = holds[name];
  const orEqual = name === "$gte" || name === "$lte";
  if (bound === null) return (value) => orEqual && (value === null || value === undefined);
  if (isNaNValue(bound)) return (value) => orEqual && isNaNValue(value);
  const extreme = bound instanceof MaxKey || bound instanceof MinKey;
  return (value) => {
    if (!extreme && rankOf(value) !== rank) return false;
    if (rank === 10 && isNaNValue(value)) return false;
    return pass(compare(value, bound, collation));
  };
}

/** Membership by hashing; regular expressions in the list are matched. */
export function among(values: Value[], collation: Collation | undefined): Test {
  const keys = new Set<string>();
  const regexes: Test[] = [];
  for (const value of values) {
    if (value instanceof BSONRegExp) regexes.push(matchesRegex(value));
    keys.add(keyOf(value, collation));
  }
  const orMissing = values.includes(null);
  return (value, position) =>
    value === undefined
      ? orMissing
      : keys.has(keyOf(value, collation)) || regexes.some((test) => test(value, position));
}

/** A string that matches, or the very same regular expression. */
export function matchesRegex(expression: BSONRegExp): Test {
  const regex = regexOf(expression);
  return (value) => {
    if (typeof value === "string") return regex.test(value);
    const kind = kindOf(value);
    if (kind === "symbol") return regex.test((value as BSONSymbol).value);
    return kind === "regex" && compare(value, expression) === 0;
  };
}

/** `$type`: one of the named types; "array" means the field itself. */
export function ofType(types: Value): Test {
  const names = Array.isArray(types) ? types : [types];
  if (names.length === 0) fail("FailedToParse", "$type must match at least one type");
  const kinds = new Set(names.flatMap(kindsNamed));
  return (value) => value !== undefined && kinds.has(kindOf(value));
}
