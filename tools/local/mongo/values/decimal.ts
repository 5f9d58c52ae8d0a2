import { Decimal128, Double, Long } from "bson";
import type { Num } from "./kinds.ts";

/** An exact number: `coefficient` × 10^`exponent`; NaN and the infinities stand apart. */
export type Exact = { coefficient: bigint; exponent: number } | "NaN" | "Infinity" | "-Infinity";

const digits = 34;

/** The exact value of any number, doubles included (every finite double is a finite decimal). */
export function exactOf(number: Num): Exact {
  if (number instanceof Decimal128) return parse(number.toString());
  if (number instanceof Long) return { coefficient: number.toBigInt(), exponent: 0 };
  return exactDouble(number.value);
}

/** The number as Decimal128. A double gives 15 significant digits at most, as MongoDB converts it. */
export function toDecimal(number: Num): Decimal128 {
  if (number instanceof Decimal128) return number;
  if (
    number instanceof Double &&
    Number.isFinite(number.value) &&
    !Number.isInteger(number.value)
  ) {
    return Decimal128.fromString(number.value.toPrecision(15));
  }
  return fromExact(exactOf(number));
}

/** Rounds to 34 digits, half to even. */
export function fromExact(exact: Exact): Decimal128 {
  if (typeof exact === "string") return Decimal128.fromString(exact);
  let { coefficient, exponent } = exact;
  const excess = (coefficient < 0n ? -coefficient : coefficient).toString().length - digits;
  if (excess > 0) {
    coefficient = divideHalfEven(coefficient, 10n ** BigInt(excess));
    exponent += excess;
  }
  return Decimal128.fromStringWithRounding(`${coefficient}E${exponent}`);
}

export function compareExact(a: Exact, b: Exact): number {
  if (typeof a === "string" || typeof b === "string") {
    const order = (x: Exact) =>
      x === "NaN" ? 0 : x === "-Infinity" ? 1 : x === "Infinity" ? 3 : 2;
    return Math.sign(order(a) - order(b));
  }
  const [x, y] = align(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export const addDecimal = (a: Decimal128, b: Decimal128): Decimal128 => combine(a, b, "add");
export const multiplyDecimal = (a: Decimal128, b: Decimal128): Decimal128 =>
  combine(a, b, "multiply");
/** The caller has excluded a divisor of zero. */
export const divideDecimal = (a: Decimal128, b: Decimal128): Decimal128 => combine(a, b, "divide");

/** The remainder with the sign of the dividend. */
export function remainderDecimal(a: Decimal128, b: Decimal128): Decimal128 {
  const x = exactOf(a);
  const y = exactOf(b);
  if (typeof x === "string" || y === "NaN") return Decimal128.fromString("NaN");
  if (typeof y === "string") return a;
  const [p, q] = align(x, y);
  return fromExact({ coefficient: p % q, exponent: Math.min(x.exponent, y.exponent) });
}

/** Rounds at `place` digits after the point (negative: before it). */
export function roundDecimal(
  number: Decimal128,
  place: number,
  how: "halfEven" | "trunc" | "floor" | "ceil",
): Decimal128 {
  const exact = exactOf(number);
  if (typeof exact === "string" || -exact.exponent <= place) return number;
  const unit = 10n ** BigInt(-exact.exponent - place);
  return fromExact({ coefficient: divide[how](exact.coefficient, unit), exponent: -place });
}

const divide = {
  halfEven: divideHalfEven,
  trunc: (n: bigint, d: bigint) => n / d,
  floor: (n: bigint, d: bigint) => (n % d < 0n ? n / d - 1n : n / d),
  ceil: (n: bigint, d: bigint) => (n % d > 0n ? n / d + 1n : n / d),
};

function combine(a: Decimal128, b: Decimal128, how: "add" | "multiply" | "divide"): Decimal128 {
  const x = exactOf(a);
  const y = exactOf(b);
  if (typeof x === "string" || typeof y === "string") {
    const [p, q] = [Number(a.toString()), Number(b.toString())];
    const result = how === "add" ? p + q : how === "multiply" ? p * q : p / q;
    return Decimal128.fromString(String(result));
  }
  const exponent = Math.min(x.exponent, y.exponent);
  if (how === "add") {
    const [p, q] = align(x, y);
    return fromExact({ coefficient: p + q, exponent });
  }
  if (how === "multiply") {
    return fromExact({
      coefficient: x.coefficient * y.coefficient,
      exponent: x.exponent + y.exponent,
    });
  }
  const quotient = shortest(
    (x.coefficient * 10n ** BigInt(digits * 2)) / y.coefficient,
    x.exponent - y.exponent - digits * 2,
    x.exponent - y.exponent,
  );
  return fromExact(quotient);
}

/** Drops zeros at the end, up to the exponent an exact quotient would have. */
function shortest(coefficient: bigint, exponent: number, ideal: number): Exact {
  let [c, e] = [coefficient, exponent];
  while (e < ideal && c % 10n === 0n) {
    c /= 10n;
    e += 1;
  }
  return { coefficient: c, exponent: e };
}

function align(a: Exclude<Exact, string>, b: Exclude<Exact, string>): [bigint, bigint] {
  const least = Math.min(a.exponent, b.exponent);
  return [
    a.coefficient * 10n ** BigInt(a.exponent - least),
    b.coefficient * 10n ** BigInt(b.exponent - least),
  ];
}

function divideHalfEven(n: bigint, d: bigint): bigint {
  const quotient = n / d;
  const twice = (n % d) * 2n;
  const size = twice < 0n ? -twice : twice;
  if (size < d || (size === d && quotient % 2n === 0n)) return quotient;
  return quotient + (n < 0n ? -1n : 1n);
}

function parse(text: string): Exact {
  if (text === "NaN" || text === "Infinity" || text === "-Infinity") return text;
  const [mantissa = "0", exponent = "0"] = text.split("E");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return { coefficient: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

function exactDouble(value: number): Exact {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  let scaled = value;
  let halvings = 0;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    halvings += 1;
  }
  // value = scaled / 2^halvings = scaled × 5^halvings / 10^halvings
  return { coefficient: BigInt(scaled) * 5n ** BigInt(halvings), exponent: -halvings };
}
