import { Decimal128, Double, Int32, Long } from "bson";
import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { addDecimal, divideDecimal, toDecimal } from "../values/decimal.ts";
import { isNullish, isNumber, type Num } from "../values/kinds.ts";
import { add, toDouble } from "../values/numbers.ts";
import { named, type Operator, type Operators, type Result, variadic } from "./operator.ts";
import type { Scope } from "./scope.ts";

/** A figure computed from many values; those of no use to it (text in a sum, null in a minimum) are passed over. */
export type Statistic = (values: Result[], scope: Scope) => Value;

/** The sum with the widest type among its numbers; whole numbers past 64 bits go on as a double. */
const sum: Statistic = (values) => {
  let whole: Num = new Int32(0);
  let decimal: Decimal128 | undefined;
  const doubles: number[] = [];
  for (const value of values) {
    if (value instanceof Decimal128) decimal = decimal ? addDecimal(decimal, value) : value;
    else if (value instanceof Double) doubles.push(value.value);
    else if (value instanceof Int32 || value instanceof Long) {
      const next: Num | undefined = whole instanceof Double ? undefined : add(whole, value);
      whole = next ?? new Double(toDouble(whole) + toDouble(value));
    }
  }
  if (doubles.length > 0) whole = new Double(exactSum([...doubles, toDouble(whole)]));
  return decimal ? addDecimal(decimal, toDecimal(whole)) : whole;
};

/** Adds up with the rounding errors carried along, so that the order of the values hardly matters. */
function exactSum(numbers: number[]): number {
  let total = 0;
  let lost = 0;
  for (const number of numbers) {
    const next = total + number;
    lost += Math.abs(total) >= Math.abs(number) ? total - next + number : number - next + total;
    total = next;
  }
  return Number.isFinite(lost) ? total + lost : total;
}

const average: Statistic = (values, scope) => {
  const count = values.filter(isNumber).length;
  if (count === 0) return null;
  const total = sum(values, scope);
  if (total instanceof Decimal128) return divideDecimal(total, toDecimal(new Int32(count)));
  return isNumber(total) ? new Double(toDouble(total) / count) : null;
};

const extreme =
  (direction: 1 | -1): Statistic =>
  (values, { collation }) => {
    let chosen: Value = null;
    for (const value of values) {
      if (isNullish(value)) continue;
      if (chosen === null || compare(value, chosen, collation) * direction < 0) chosen = value;
    }
    return chosen;
  };

const deviation =
  (missingDegrees: 0 | 1): Statistic =>
  (values) => {
    const numbers = values.filter(isNumber).map(toDouble);
    const degrees = numbers.length - missingDegrees;
    if (degrees < 1) return null;
    const mean = exactSum(numbers) / numbers.length;
    const squares = exactSum(numbers.map((number) => (number - mean) ** 2));
    return new Double(Math.sqrt(squares / degrees));
  };

export const statistics = {
  $sum: sum,
  $avg: average,
  $min: extreme(1),
  $max: extreme(-1),
  $stdDevPop: deviation(0),
  $stdDevSamp: deviation(1),
} as const;

/** The values at ranks: for each share p the least value with at least that share at or below it. */
export function percentiles(values: Result[], shares: number[]): Value[] {
  const numbers = values
    .filter(isNumber)
    .map(toDouble)
    .sort((a, b) => a - b);
  return shares.map((share) => {
    const value = numbers[Math.max(0, Math.ceil(share * numbers.length) - 1)];
    return value === undefined ? null : new Double(value);
  });
}

/** The `p` of `$percentile`. Throws Location7750303 for anything but shares of 0 to 1. */
export function sharesOf(value: Result): number[] {
  if (!Array.isArray(value) || value.length === 0) {
    return fail(7750301, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]");
  }
  return value.map((item) => {
    const share = isNumber(item) ? toDouble(item) : Number.NaN;
    if (share >= 0 && share <= 1) return share;
    return fail(7750303, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]");
  });
}

export function checkMethod(method: Result): void {
  if (method !== "approximate") {
    fail("BadValue", "Currently only 'approximate' can be used as percentile 'method'.");
  }
}

/** As an expression, one argument that is an array stands for its elements. */
const overArguments = (statistic: Statistic): Operator =>
  variadic(0, Number.POSITIVE_INFINITY, (args, scope) => {
    const [only] = args;
    return statistic(args.length === 1 && Array.isArray(only) ? only : args, scope);
  });

const listOf = (value: Result): Result[] => (Array.isArray(value) ? value : [value]);

export const statisticOperators: Operators = {
  ...Object.fromEntries(
    Object.entries(statistics).map(([name, statistic]) => [name, overArguments(statistic)]),
  ),
  $median: named(["input", "method"], [], ({ input, method }) => {
    checkMethod(method);
    return percentiles(listOf(input), [0.5])[0];
  }),
  $percentile: named(["input", "p", "method"], [], ({ input, p, method }) => {
    checkMethod(method);
    return percentiles(listOf(input), sharesOf(p));
  }),
};
