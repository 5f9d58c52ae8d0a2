import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { keyOf } from "../values/key.ts";
import { isNullish, isTrue, kindOf } from "../values/kinds.ts";
import { binary, type Operators, type Result, unary, variadic } from "./operator.ts";
import type { Scope } from "./scope.ts";

const many = Number.POSITIVE_INFINITY;

type Keyed = Map<string, Value>;

function keyed(value: Result, name: string, code: number, { collation }: Scope): Keyed {
  if (!Array.isArray(value)) {
    return fail(
      code,
      `All operands of ${name} must be arrays. One argument is of type: ${kindOf(value)}`,
    );
  }
  const set: Keyed = new Map();
  for (const item of value) {
    const key = keyOf(item, collation);
    if (!set.has(key)) set.set(key, item);
  }
  return set;
}

const sorted = (set: Keyed, { collation }: Scope): Value[] =>
  [...set.values()].sort((a, b) => compare(a, b, collation));

/** Operators that take arrays as sets: order and repetition mean nothing. */
export const setOperators: Operators = {
  $setUnion: variadic(0, many, (args, scope) => {
    if (args.some(isNullish)) return null;
    const union: Keyed = new Map();
    for (const arg of args) {
      for (const [key, item] of keyed(arg, "$setUnion", 17043, scope)) {
        if (!union.has(key)) union.set(key, item);
      }
    }
    return sorted(union, scope);
  }),
  $setIntersection: variadic(0, many, (args, scope) => {
    if (args.some(isNullish)) return null;
    const [first, ...others] = args.map((arg) => keyed(arg, "$setIntersection", 17047, scope));
    const common = [...(first ?? [])].filter(([key]) => others.every((other) => other.has(key)));
    return sorted(new Map(common), scope);
  }),
  $setDifference: binary((a, b, scope) => {
    if (isNullish(a) || isNullish(b)) return null;
    const taken = keyed(b, "$setDifference", 17049, scope);
    const left = [...keyed(a, "$setDifference", 17048, scope)].filter(([key]) => !taken.has(key));
    return left.map(([, item]) => item);
  }),
  $setEquals: variadic(2, many, (args, scope) => {
    const [first, ...others] = args.map((arg) => keyed(arg, "$setEquals", 17044, scope));
    return others.every(
      (other) => other.size === first?.size && [...other.keys()].every((key) => first.has(key)),
    );
  }),
  $setIsSubset: binary((a, b, scope) => {
    const larger = keyed(b, "$setIsSubset", 17042, scope);
    return [...keyed(a, "$setIsSubset", 17046, scope).keys()].every((key) => larger.has(key));
  }),
  $anyElementTrue: unary((value) =>
    Array.isArray(value)
      ? value.some(isTrue)
      : fail(17041, `$anyElementTrue's argument must be an array, but is ${kindOf(value)}`),
  ),
  $allElementsTrue: unary((value) =>
    Array.isArray(value)
      ? value.every(isTrue)
      : fail(17040, `$allElementsTrue's argument must be an array, but is ${kindOf(value)}`),
  ),
};
