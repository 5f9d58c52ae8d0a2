import { Decimal128, Double, Int32, Long } from "bson";
import { addDecimal, multiplyDecimal, toDecimal } from "./decimal.ts";
import type { Num } from "./kinds.ts";

const maxLong = 2n ** 63n - 1n;
const minLong = -(2n ** 63n);

export const isInteger = (number: Num): number is Int32 | Long =>
  number instanceof Int32 || number instanceof Long;

/** The nearest double. */
export function toDouble(number: Num): number {
  if (number instanceof Int32 || number instanceof Double) return number.value;
  return number instanceof Long ? number.toNumber() : Number(number.toString());
}

export const toBigInt = (number: Int32 | Long): bigint =>
  number instanceof Long ? number.toBigInt() : BigInt(number.value);

/** Int32 if it fits, else Long, else undefined: 64 bits overflow. */
export function fromBigInt(value: bigint, atLeast: "int" | "long"): Int32 | Long | undefined {
  if (value > maxLong || value < minLong) return undefined;
  const number = Number(value);
  return atLeast === "int" && number === (number | 0) ? new Int32(number) : Long.fromBigInt(value);
}

/** A whole JavaScript number as Int32 if it fits, else Long. */
export const integer = (value: number): Int32 | Long =>
  value === (value | 0) ? new Int32(value) : Long.fromNumber(value);

/**
 * The sum with MongoDB's result type: Int32 grows to Long; Double and Decimal128 prevail.
 * `undefined` when 64 bits overflow: `$add` goes on in doubles, `$inc` refuses.
 */
export const add = arithmetic(
  (a, b) => a + b,
  (a, b) => a + b,
  addDecimal,
);

/** The difference, typed like {@link add}. */
export const subtract = arithmetic(
  (a, b) => a - b,
  (a, b) => a - b,
  (a, b) => addDecimal(a, negate(b)),
);

/** The product, typed like {@link add}. */
export const multiply = arithmetic(
  (a, b) => a * b,
  (a, b) => a * b,
  multiplyDecimal,
);

function negate(number: Decimal128): Decimal128 {
  const text = number.toString();
  return Decimal128.fromString(text.startsWith("-") ? text.slice(1) : `-${text}`);
}

function arithmetic(
  onDoubles: (a: number, b: number) => number,
  onBigInts: (a: bigint, b: bigint) => bigint,
  onDecimals: (a: Decimal128, b: Decimal128) => Decimal128,
): (a: Num, b: Num) => Num | undefined {
  return (a, b) => {
    if (a instanceof Int32 && b instanceof Int32) {
      const result = onDoubles(a.value, b.value);
      if (Number.isSafeInteger(result)) return integer(result);
    }
    if (a instanceof Decimal128 || b instanceof Decimal128) {
      return onDecimals(toDecimal(a), toDecimal(b));
    }
    if (a instanceof Double || b instanceof Double) {
      return new Double(onDoubles(toDouble(a), toDouble(b)));
    }
    const narrow = a instanceof Int32 && b instanceof Int32;
    return fromBigInt(onBigInts(toBigInt(a), toBigInt(b)), narrow ? "int" : "long");
  };
}
