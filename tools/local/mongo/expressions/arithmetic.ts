import { Decimal128, Double, Int32, Long } from "bson";
import { fail } from "../errors.ts";
import {
  compareExact,
  divideDecimal,
  exactOf,
  remainderDecimal,
  toDecimal,
} from "../values/decimal.ts";
import { isNullish, isNumber, kindOf, type Num } from "../values/kinds.ts";
import {
  add,
  fromBigInt,
  isInteger,
  multiply,
  subtract,
  toBigInt,
  toDouble,
} from "../values/numbers.ts";
import { binary, type Operators, type Result, variadic } from "./operator.ts";

const many = Number.POSITIVE_INFINITY;

/** The four rules of arithmetic with MongoDB's result types; a date plus or minus milliseconds is a date. */
export const arithmeticOperators: Operators = {
  $add: variadic(0, many, (args) => {
    let date: number | undefined;
    let sum: Num = new Int32(0);
    for (const arg of args) {
      if (isNullish(arg)) return null;
      if (isNumber(arg)) sum = plus(sum, arg);
      else if (!(arg instanceof Date)) {
        fail("TypeMismatch", `$add only supports numeric or date types, not ${kindOf(arg)}`);
      } else if (date !== undefined) fail(16612, "only one date allowed in an $add expression");
      else date = arg.getTime();
    }
    return date === undefined ? sum : shifted(date, toDouble(sum));
  }),
  $subtract: binary((a, b) => {
    if (isNullish(a) || isNullish(b)) return null;
    if (isNumber(a) && isNumber(b)) {
      return subtract(a, b) ?? new Double(toDouble(a) - toDouble(b));
    }
    if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
    if (a instanceof Date && isNumber(b)) return shifted(a.getTime(), -toDouble(b));
    return fail("TypeMismatch", `can't $subtract ${kindOf(b)} from ${kindOf(a)}`);
  }),
  $multiply: variadic(0, many, (args) => {
    let product: Num = new Int32(1);
    for (const arg of args) {
      if (isNullish(arg)) return null;
      if (!isNumber(arg)) {
        return fail("TypeMismatch", `$multiply only supports numeric types, not ${kindOf(arg)}`);
      }
      product = multiply(product, arg) ?? new Double(toDouble(product) * toDouble(arg));
    }
    return product;
  }),
  $divide: binary((a, b) => {
    const pair = numbers(a, b, "$divide", "TypeMismatch");
    if (!pair) return null;
    const [x, y] = pair;
    if (isZero(y)) fail("BadValue", "can't $divide by zero");
    if (x instanceof Decimal128 || y instanceof Decimal128) {
      return divideDecimal(toDecimal(x), toDecimal(y));
    }
    return new Double(toDouble(x) / toDouble(y));
  }),
  $mod: binary((a, b) => {
    const pair = numbers(a, b, "$mod", 16611);
    if (!pair) return null;
    const [x, y] = pair;
    if (isZero(y)) fail(16610, "can't $mod by zero");
    if (x instanceof Decimal128 || y instanceof Decimal128) {
      return remainderDecimal(toDecimal(x), toDecimal(y));
    }
    if (isInteger(x) && isInteger(y)) {
      const narrow = x instanceof Int32 && y instanceof Int32;
      return fromBigInt(toBigInt(x) % toBigInt(y), narrow ? "int" : "long") ?? null;
    }
    return new Double(toDouble(x) % toDouble(y));
  }),
};

const plus = (a: Num, b: Num): Num => add(a, b) ?? new Double(toDouble(a) + toDouble(b));

const isZero = (number: Num): boolean =>
  toDouble(number) === 0 && compareExact(exactOf(number), { coefficient: 0n, exponent: 0 }) === 0;

/** Milliseconds are rounded, as dates have no fractions of them. */
function shifted(date: number, milliseconds: number): Date {
  const result = new Date(date + Math.round(milliseconds));
  if (Number.isNaN(result.getTime())) fail("Overflow", "date overflow");
  return result;
}

/** Both operands, or undefined if one is null. */
function numbers(
  a: Result,
  b: Result,
  name: string,
  error: "TypeMismatch" | number,
): [Num, Num] | undefined {
  if (isNumber(a) && isNumber(b)) return [a, b];
  if (isNullish(a) || isNullish(b)) return undefined;
  return fail(error, `${name} only supports numeric types, not ${kindOf(a)} and ${kindOf(b)}`);
}
