import { Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from "bson";
import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import { toDecimal } from "../values/decimal.ts";
import { isNullish, isNumber, isTrue, type Kind, kindOf, kindsNamed } from "../values/kinds.ts";
import { fromBigInt, toDouble } from "../values/numbers.ts";
import { parseIsoDate } from "./date-text.ts";
import {
  byName,
  folded,
  type Operator,
  type Operators,
  type Result,
  special,
  unary,
} from "./operator.ts";

type Target = "double" | "string" | "objectId" | "bool" | "date" | "int" | "long" | "decimal";

const to = (target: Target): Operator =>
  unary((value) => (isNullish(value) ? null : convert(value, target)));

/** Conversions between types, and questions about types. */
export const conversionOperators: Operators = {
  $toBool: to("bool"),
  $toDate: to("date"),
  $toDecimal: to("decimal"),
  $toDouble: to("double"),
  $toInt: to("int"),
  $toLong: to("long"),
  $toObjectId: to("objectId"),
  $toString: to("string"),
  $type: unary(kindOf),
  $isNumber: unary(isNumber),
  $toHashedIndexKey: unary(() =>
    fail("NotImplemented", "$toHashedIndexKey is not supported by the embedded server"),
  ),
  $convert: special((argument, scope, compile, name) => {
    const args = new Map(
      byName(name, argument, ["input", "to"], ["onError", "onNull"], scope, compile),
    );
    const read = (key: string) => args.get(key)?.run ?? (() => undefined);
    const [input, target, onNull, onError] = [
      read("input"),
      read("to"),
      read("onNull"),
      read("onError"),
    ];
    return folded([...args.values()], (doc) => {
      const value = input(doc);
      if (isNullish(value)) return onNull(doc) ?? null;
      const type = target(doc);
      if (isNullish(type)) return null;
      if (!args.has("onError")) return convert(value, targetOf(type));
      const kind = targetOf(type);
      try {
        return convert(value, kind);
      } catch {
        return onError(doc);
      }
    });
  }),
};

const targets = new Set<string>([
  "double",
  "string",
  "objectId",
  "bool",
  "date",
  "int",
  "long",
  "decimal",
]);
const isTarget = (kind: Kind | undefined): kind is Target =>
  kind !== undefined && targets.has(kind);

function targetOf(type: Value): Target {
  const [kind, ...others] = kindsNamed(type);
  return isTarget(kind) && others.length === 0
    ? kind
    : fail("FailedToParse", `$convert's 'to' type is not supported: ${String(type)}`);
}

const cannot = (value: Value, target: Target): never =>
  fail(
    "ConversionFailure",
    `Unsupported conversion from ${kindOf(value)} to ${target} in $convert with no onError value`,
  );

function convert(value: Value, target: Target): Result {
  if (kindOf(value) === target) return value;
  switch (target) {
    case "bool":
      return typeof value === "string" || !isNumber(value) ? true : isTrue(value);
    case "string":
      return toText(value);
    case "date":
      return toDate(value);
    case "objectId":
      if (typeof value !== "string") return cannot(value, target);
      return /^[0-9a-f]{24}$/i.test(value)
        ? new ObjectId(value)
        : failure(
            value,
            "objectId",
            "Invalid string length for parsing to OID, expected 24 hexadecimal characters",
          );
    case "int":
      return toInteger(value, target, -(2n ** 31n), 2n ** 31n - 1n);
    case "long":
      return toInteger(value, target, -(2n ** 63n), 2n ** 63n - 1n);
    case "double":
      return toReal(value);
    case "decimal":
      return toDecimalValue(value);
  }
}

const failure = (text: string, target: Target, why: string): never =>
  fail(
    "ConversionFailure",
    `Failed to parse ${target} '${text}' in $convert with no onError value: ${why}`,
  );

function toText(value: Value): string {
  if (typeof value === "boolean" || isNumber(value)) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Binary && value.sub_type === Binary.SUBTYPE_UUID)
    return value.toUUID().toString();
  return cannot(value, "string");
}

function toDate(value: Value): Date {
  if (typeof value === "string") return parseIsoDate(value);
  if (value instanceof ObjectId) return value.getTimestamp();
  if (value instanceof Timestamp) return new Date(value.getHighBitsUnsigned() * 1000);
  if (value instanceof Long || value instanceof Double || value instanceof Decimal128) {
    const date = new Date(Math.trunc(toDouble(value)));
    return Number.isNaN(date.getTime())
      ? fail("ConversionFailure", "date overflow in $convert with no onError value")
      : date;
  }
  return cannot(value, "date");
}

function toInteger(value: Value, target: "int" | "long", least: bigint, most: bigint): Value {
  const whole = integral(value, target);
  if (whole < least || whole > most) {
    fail(
      "ConversionFailure",
      `Conversion would overflow target type in $convert with no onError value: ${String(value)}`,
    );
  }
  return fromBigInt(whole, target) ?? null;
}

function integral(value: Value, target: "int" | "long"): bigint {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string") {
    return /^[+-]?\d+$/.test(value)
      ? BigInt(value.replace("+", ""))
      : failure(value, target, "Did not consume whole string.");
  }
  if (value instanceof Date && target === "long") return BigInt(value.getTime());
  if (value instanceof Int32) return BigInt(value.value);
  if (value instanceof Long) return value.toBigInt();
  if (!isNumber(value)) return cannot(value, target);
  const number = toDouble(value);
  if (!Number.isFinite(number)) {
    return fail(
      "ConversionFailure",
      `Attempt to convert ${number} value to integer type in $convert with no onError value`,
    );
  }
  if (value instanceof Decimal128) return BigInt(wholeDigits(value));
  return BigInt(Math.trunc(number));
}

const wholeDigits = (value: Decimal128): string => {
  const [mantissa = "0", exponent = "0"] = value.toString().split("E");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent);
  const digits = whole + fraction.slice(0, Math.max(0, shift)).padEnd(Math.max(0, shift), "0");
  return shift < 0 ? digits.slice(0, shift).replace(/^-?$/, "0") : digits;
};

function toReal(value: Value): Double {
  if (typeof value === "boolean") return new Double(value ? 1 : 0);
  if (isNumber(value)) return new Double(toDouble(value));
  if (value instanceof Date) return new Double(value.getTime());
  if (typeof value !== "string") return cannot(value, "double");
  const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?(inf(inity)?|nan)$/i;
  if (!decimal.test(value)) return failure(value, "double", "Did not consume whole string.");
  return new Double(Number(value.replace(/inf(inity)?/i, "Infinity")));
}

function toDecimalValue(value: Value): Decimal128 {
  if (typeof value === "boolean") return Decimal128.fromString(value ? "1" : "0");
  if (isNumber(value)) return toDecimal(value);
  if (value instanceof Date) return Decimal128.fromString(String(value.getTime()));
  if (typeof value !== "string") return cannot(value, "decimal");
  try {
    return Decimal128.fromStringWithRounding(value);
  } catch {
    return failure(value, "decimal", "Failed to parse string to decimal");
  }
}
