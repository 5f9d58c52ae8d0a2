import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { type Doc, isDoc, setField, type Value } from "../values/codec.ts";
import { compare, equal } from "../values/compare.ts";
import { isNullish, isNumber, kindOf } from "../values/kinds.ts";
import { integer, toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import {
  binary,
  named,
  type Operator,
  type Operators,
  type Result,
  unary,
  variadic,
} from "./operator.ts";

const many = Number.POSITIVE_INFINITY;

/** A whole number argument of 32 bits. Throws with the given code for anything else. */
export function whole(value: Result, code: number, message: string): number {
  const number = isNumber(value) ? toDouble(value) : Number.NaN;
  return number === (number | 0) ? number : fail(code, `${message}, found: ${describe(value)}`);
}

const end = (name: string, index: number): Operator =>
  unary((array) => {
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return fail(28689, `${name}'s argument must be an array, but is ${kindOf(array)}`);
    return array.at(index);
  });

/** `$firstN` and the like as expressions: `{ n, input }`. */
const several = (
  name: string,
  choose: (items: Value[], n: number, order: Compare) => Value[],
): Operator =>
  named(["n", "input"], [], ({ n, input }, { collation }) => {
    const count = whole(n, 5787902, `${name}: 'n' must be a whole number`);
    if (count < 1) fail(5787908, `'n' must be greater than 0, found ${count}`);
    if (!Array.isArray(input))
      return fail(5788200, `${name}: input must be an array, found ${kindOf(input)}`);
    return choose(input, count, (a, b) => compare(a, b, collation));
  });

type Compare = (a: Value, b: Value) => number;

/** Operators on whole arrays. */
export const arrayOperators: Operators = {
  $isArray: unary((value) => Array.isArray(value)),
  $size: unary((array) =>
    Array.isArray(array)
      ? new Int32(array.length)
      : fail(17124, `The argument to $size must be an array, but was of type: ${kindOf(array)}`),
  ),
  $arrayElemAt: binary((array, index) => {
    if (isNullish(array) || isNullish(index)) return null;
    if (!Array.isArray(array)) {
      return fail(28689, `$arrayElemAt's first argument must be an array, but is ${kindOf(array)}`);
    }
    if (!isNumber(index)) {
      return fail(
        28690,
        `$arrayElemAt's second argument must be a numeric value, but is ${kindOf(index)}`,
      );
    }
    return array.at(
      whole(
        index,
        28691,
        "$arrayElemAt's second argument must be representable as a 32-bit integer",
      ),
    );
  }),
  $first: end("$first", 0),
  $last: end("$last", -1),
  $firstN: several("$firstN", (items, n) => items.slice(0, n)),
  $lastN: several("$lastN", (items, n) => items.slice(-n)),
  $minN: several("$minN", (items, n, order) => solid(items).sort(order).slice(0, n)),
  $maxN: several("$maxN", (items, n, order) =>
    solid(items)
      .sort((a, b) => order(b, a))
      .slice(0, n),
  ),
  $in: binary((value, array, { collation }) => {
    if (!Array.isArray(array))
      return fail(40081, `$in requires an array as a second argument, found: ${kindOf(array)}`);
    return array.some((item) => equal(item, value, collation));
  }),
  $concatArrays: variadic(0, many, (args) => {
    const result: Value[] = [];
    for (const arg of args) {
      if (isNullish(arg)) return null;
      if (!Array.isArray(arg))
        return fail(28664, `$concatArrays only supports arrays, not ${kindOf(arg)}`);
      for (const item of arg) result.push(item);
    }
    return result;
  }),
  $reverseArray: unary((array) => {
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return fail(
        34435,
        `The argument to $reverseArray must be an array, but was of type: ${kindOf(array)}`,
      );
    return array.toReversed();
  }),
  $slice: variadic(2, 3, ([array, first, second]) => slice(array, first, second)),
  $range: variadic(2, 3, ([from, to, by]) => {
    const start = whole(
      from,
      34443,
      "$range requires a numeric starting value that is a 32-bit integer",
    );
    const stop = whole(
      to,
      34445,
      "$range requires a numeric ending value that is a 32-bit integer",
    );
    const step =
      by === undefined
        ? 1
        : whole(by, 34447, "$range requires a numeric step value that is a 32-bit integer");
    if (step === 0) fail(34449, "$range requires a non-zero step value");
    const result: Value[] = [];
    for (let at = start; step > 0 ? at < stop : at > stop; at += step) result.push(new Int32(at));
    return result;
  }),
  $indexOfArray: variadic(2, 4, ([array, value, from, to], { collation }) => {
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return fail(
        40090,
        `$indexOfArray requires an array as a first argument, found: ${kindOf(array)}`,
      );
    const [start, stop] = bounds("$indexOfArray", from, to, array.length);
    for (let at = start; at < stop; at += 1)
      if (equal(array[at], value, collation)) return new Int32(at);
    return new Int32(-1);
  }),
  $zip: named(["inputs"], ["useLongestLength", "defaults"], (args) => zip(args)),
  $arrayToObject: unary(arrayToObject),
};

const solid = (items: Value[]): Value[] => items.filter((item) => item !== null);

/** The optional start and end of a search, which must be whole numbers of 0 or more. */
export function bounds(name: string, from: Result, to: Result, length: number): [number, number] {
  const one = (value: Result, what: string, otherwise: number) => {
    if (value === undefined) return otherwise;
    const number = whole(value, 40096, `${name} requires an integral ${what} index`);
    return number >= 0
      ? number
      : fail(40097, `${name} requires a nonnegative ${what} index, found: ${number}`);
  };
  return [one(from, "starting", 0), Math.min(one(to, "ending", length), length)];
}

function slice(array: Result, first: Result, second: Result): Result {
  if (isNullish(array) || isNullish(first) || second === null) return null;
  if (!Array.isArray(array)) {
    return fail(
      28724,
      `First argument to $slice must be an array, but is of type: ${kindOf(array)}`,
    );
  }
  const start = whole(first, 28725, "Second argument to $slice must be a 32-bit integer");
  if (second === undefined) return start < 0 ? array.slice(start) : array.slice(0, start);
  const count = whole(second, 28727, "Third argument to $slice must be a 32-bit integer");
  if (count <= 0) fail(28729, `Third argument to $slice must be positive: ${count}`);
  const at = start < 0 ? Math.max(0, array.length + start) : start;
  return array.slice(at, at + count);
}

function zip({ inputs, useLongestLength, defaults }: { readonly [name: string]: Result }): Result {
  if (isNullish(inputs)) return null;
  if (!Array.isArray(inputs))
    return fail(34461, `inputs must be an array of expressions, found ${kindOf(inputs)}`);
  if (inputs.length === 0) fail(34465, "$zip requires at least one input array");
  const arrays: Value[][] = [];
  for (const input of inputs) {
    if (input === null) return null;
    if (!Array.isArray(input))
      return fail(34468, `$zip found a non-array expression in input: ${describe(input)}`);
    arrays.push(input);
  }
  const fill = Array.isArray(defaults) ? defaults : [];
  if (fill.length > 0 && fill.length !== arrays.length) {
    fail(34467, "defaults and inputs must have the same length");
  }
  if (fill.length > 0 && useLongestLength !== true) {
    fail(34466, "cannot specify defaults unless useLongestLength is true");
  }
  const lengths = arrays.map((array) => array.length);
  const length = useLongestLength === true ? Math.max(...lengths) : Math.min(...lengths);
  return Array.from({ length }, (_, at) =>
    arrays.map((array, index) => array[at] ?? fill[index] ?? null),
  );
}

function arrayToObject(array: Result): Result {
  if (isNullish(array)) return null;
  if (!Array.isArray(array))
    return fail(40386, `$arrayToObject requires an array input, found: ${kindOf(array)}`);
  const object: Doc = {};
  for (const item of array) {
    const [key, value] = pairOf(item);
    if (typeof key !== "string") {
      return fail(
        40394,
        `$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: ${kindOf(key)}`,
      );
    }
    setField(object, key, value ?? null);
  }
  return object;
}

function pairOf(item: Value): Value[] {
  if (Array.isArray(item)) {
    return item.length === 2
      ? item
      : fail(
          40397,
          `$arrayToObject requires an array of size 2 arrays,found array of size: ${integer(item.length)}`,
        );
  }
  if (!isDoc(item))
    return fail(40398, `Unrecognised input type format for $arrayToObject: ${kindOf(item)}`);
  if (Object.keys(item).length !== 2 || item.k === undefined || item.v === undefined) {
    return fail(40392, "$arrayToObject requires an object keys of 'k' and 'v'.");
  }
  return [item.k, item.v];
}
