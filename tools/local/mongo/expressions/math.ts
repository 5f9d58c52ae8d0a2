import { Decimal128, Double, Int32, Long } from "bson";
import { fail } from "../errors.ts";
import { exactOf, fromExact, roundDecimal } from "../values/decimal.ts";
import { isNullish, isNumber, kindOf, type Num } from "../values/kinds.ts";
import { fromBigInt, isInteger, subtract, toBigInt, toDouble } from "../values/numbers.ts";
import { binary, type Operator, type Operators, type Result, unary, variadic } from "./operator.ts";

const rounding = (name: "floor" | "ceil", round: (value: number) => number): Operator =>
  unary((a) => {
    if (isNullish(a)) return null;
    const number = numeric(a, `$${name}`, 28765);
    if (isInteger(number)) return number;
    if (number instanceof Decimal128) return roundDecimal(number, 0, name);
    return new Double(round(number.value));
  });

const toPlace = (name: string, how: "halfEven" | "trunc"): Operator =>
  variadic(1, 2, ([a, place]) => {
    if (isNullish(a) || place === null) return null;
    const number = numeric(a, name, 51081);
    const digits = place === undefined ? 0 : toDouble(numeric(place, name, 51082));
    if (!Number.isInteger(digits) || digits < -20 || digits > 100) {
      fail(
        51083,
        `cannot apply ${name} with precision value ${digits} value must be in [-20, 100]`,
      );
    }
    if (isInteger(number)) return digits >= 0 ? number : roundInteger(number, digits, how);
    if (number instanceof Decimal128) return roundDecimal(number, digits, how);
    return new Double(roundDouble(number.value, digits, how));
  });

/** A function of doubles; what it can't take (`valid` is false) is an error with that code. */
const real = (
  name: string,
  code: number,
  compute: (value: number) => number,
  valid: (value: number) => boolean = () => true,
  domain = "",
): Operator =>
  unary((a) => {
    if (isNullish(a)) return null;
    const value = toDouble(numeric(a, name, 28765));
    if (!Number.isNaN(value) && !valid(value))
      fail(code, `${name}'s argument must be ${domain}, but is ${value}`);
    return new Double(compute(value));
  });

const positive = (value: number) => value > 0;
const finite = (value: number) => Number.isFinite(value);
const upToOne = (value: number) => Math.abs(value) <= 1;

const angle = (name: string, compute: (value: number) => number): Operator =>
  real(name, 50989, compute, finite, "a finite number");

/** Rounding, powers, logarithms, trigonometry and bits. */
export const mathOperators: Operators = {
  $abs: unary((a) => {
    if (isNullish(a)) return null;
    const number = numeric(a, "$abs", 28765);
    if (number instanceof Decimal128) {
      return Decimal128.fromString(number.toString().replace("-", ""));
    }
    if (number instanceof Double) return new Double(Math.abs(number.value));
    if (toDouble(number) >= 0) return number;
    return subtract(new Int32(0), number) ?? fail(28680, "can't take $abs of long long min");
  }),
  $floor: rounding("floor", Math.floor),
  $ceil: rounding("ceil", Math.ceil),
  $round: toPlace("$round", "halfEven"),
  $trunc: toPlace("$trunc", "trunc"),
  $sqrt: real("$sqrt", 28714, Math.sqrt, (value) => value >= 0, "greater than or equal to 0"),
  $exp: real("$exp", 28765, Math.exp),
  $ln: real("$ln", 28766, Math.log, positive, "a positive number"),
  $log10: real("$log10", 28761, Math.log10, positive, "a positive number"),
  $log: binary((a, b) => {
    if (isNullish(a) || isNullish(b)) return null;
    const value = toDouble(numeric(a, "$log", 28756));
    const base = toDouble(numeric(b, "$log", 28757));
    if (value <= 0) fail(28758, `$log's argument must be a positive number, but is ${value}`);
    if (base <= 0 || base === 1) {
      fail(28759, `$log's base must be a positive number not equal to 1, but is ${base}`);
    }
    return new Double(Math.log(value) / Math.log(base));
  }),
  $pow: binary((a, b) => {
    if (isNullish(a) || isNullish(b)) return null;
    const base = numeric(a, "$pow", 28762);
    const exponent = numeric(b, "$pow", 28763);
    if (toDouble(base) === 0 && toDouble(exponent) < 0) {
      fail(28764, "$pow cannot take a base of 0 and a negative exponent");
    }
    if (base instanceof Decimal128 || exponent instanceof Decimal128) {
      return fail("NotImplemented", "$pow of Decimal128 is not supported by the embedded server");
    }
    return power(base, exponent);
  }),
  $sin: angle("$sin", Math.sin),
  $cos: angle("$cos", Math.cos),
  $tan: angle("$tan", Math.tan),
  $asin: real("$asin", 50989, Math.asin, upToOne, "in [-1, 1]"),
  $acos: real("$acos", 50989, Math.acos, upToOne, "in [-1, 1]"),
  $atan: real("$atan", 28765, Math.atan),
  $atan2: binary((a, b) =>
    isNullish(a) || isNullish(b)
      ? null
      : new Double(
          Math.atan2(toDouble(numeric(a, "$atan2", 51044)), toDouble(numeric(b, "$atan2", 51045))),
        ),
  ),
  $sinh: real("$sinh", 28765, Math.sinh),
  $cosh: real("$cosh", 28765, Math.cosh),
  $tanh: real("$tanh", 28765, Math.tanh),
  $asinh: real("$asinh", 28765, Math.asinh),
  $acosh: real("$acosh", 50989, Math.acosh, (value) => value >= 1, "in [1, inf]"),
  $atanh: real("$atanh", 50989, Math.atanh, upToOne, "in [-1, 1]"),
  $degreesToRadians: real("$degreesToRadians", 28765, (value) => (value * Math.PI) / 180),
  $radiansToDegrees: real("$radiansToDegrees", 28765, (value) => (value * 180) / Math.PI),
  $sigmoid: real("$sigmoid", 28765, (value) => 1 / (1 + Math.exp(-value))),
  $bitAnd: bits("$bitAnd", (a, b) => a & b, -1),
  $bitOr: bits("$bitOr", (a, b) => a | b, 0),
  $bitXor: bits("$bitXor", (a, b) => a ^ b, 0),
  $bitNot: unary((a) => {
    if (isNullish(a)) return null;
    if (a instanceof Int32) return new Int32(~a.value);
    if (a instanceof Long) return a.not();
    return fail("TypeMismatch", `$bitNot only supports int and long, not: ${kindOf(a)}.`);
  }),
};

function bits(name: string, operate: (a: bigint, b: bigint) => bigint, start: number): Operator {
  return variadic(0, Number.POSITIVE_INFINITY, (args) => {
    let result: Int32 | Long = new Int32(start);
    for (const arg of args) {
      if (isNullish(arg)) return null;
      if (!(arg instanceof Int32 || arg instanceof Long)) {
        return fail("TypeMismatch", `${name} only supports int and long operands.`);
      }
      const width: "int" | "long" = result instanceof Long || arg instanceof Long ? "long" : "int";
      result = fromBigInt(operate(toBigInt(result), toBigInt(arg)), width) ?? result;
    }
    return result;
  });
}

function numeric(value: Result, name: string, code: number): Num {
  return isNumber(value)
    ? value
    : fail(code, `${name} only supports numeric types, not ${kindOf(value)}`);
}

function power(base: Exclude<Num, Decimal128>, exponent: Exclude<Num, Decimal128>): Num {
  const times = toDouble(exponent);
  if (isInteger(base) && isInteger(exponent) && times >= 0 && times < 64) {
    const narrow = base instanceof Int32 && exponent instanceof Int32;
    const exact = fromBigInt(toBigInt(base) ** BigInt(times), narrow ? "int" : "long");
    if (exact) return exact;
  }
  const result = toDouble(base) ** times;
  const narrow = base instanceof Int32 && exponent instanceof Int32 && Number.isInteger(result);
  return narrow && result === (result | 0) ? new Int32(result) : new Double(result);
}

function roundDouble(value: number, digits: number, how: "halfEven" | "trunc"): number {
  if (!Number.isFinite(value) || digits > 15) return value;
  if (how === "trunc" && digits === 0) return Math.trunc(value);
  return Number(roundDecimal(fromExact(exactOf(new Double(value))), digits, how).toString());
}

function roundInteger(number: Int32 | Long, digits: number, how: "halfEven" | "trunc"): Num {
  const rounded = roundDecimal(Decimal128.fromString(number.toString()), digits, how);
  const value = BigInt(Number(rounded.toString()));
  return fromBigInt(value, number instanceof Int32 ? "int" : "long") ?? number;
}
