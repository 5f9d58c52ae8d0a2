import { type Binary, Double, Int32, Long, type ObjectId } from "bson";
import { isDoc, type Value } from "./codec.ts";
import type { Collation } from "./collation.ts";
import { compareExact, exactOf } from "./decimal.ts";
import { isNumber, kindOf, type Num } from "./kinds.ts";

/**
 * A string that equal values share and different values don't: 1, 1.0 and Long 1 have one key, and so
 * have strings that are equal under the collation. For hashing: its order means nothing.
 */
export function keyOf(value: Value | undefined, collation?: Collation): string {
  if (typeof value === "string") return textKey(value, collation);
  if (value instanceof Int32) return `n${value.value}`;
  if (isNumber(value)) return `n${numberKey(value)}`;
  if (Array.isArray(value)) return `[${value.map((item) => keyOf(item, collation)).join(",")}]`;
  if (isDoc(value)) {
    const fields = Object.entries(value).map(
      ([name, field]) => `${textKey(name)}:${keyOf(field, collation)}`,
    );
    return `{${fields.join(",")}}`;
  }
  const kind = kindOf(value);
  if (kind === "objectId") return `o${(value as ObjectId).toHexString()}`;
  if (value instanceof Date) return `d${value.getTime()}`;
  if (kind === "symbol") return textKey(String(value), collation);
  return `${kind}${detail(value ?? null)}`;
}

const textKey = (text: string, collation?: Collation): string => {
  const folded = collation ? collation.key(text) : text;
  return `s${folded.length}:${folded}`;
};

function numberKey(number: Num): string {
  if (number instanceof Int32) return String(number.value);
  if (number instanceof Long) return number.toString();
  if (number instanceof Double) return doubleKey(number.value);
  const nearest = Number(number.toString());
  const exact = exactOf(number);
  if (compareExact(exact, exactOf(new Double(nearest))) === 0) return doubleKey(nearest);
  if (typeof exact === "string") return exact;
  let { coefficient, exponent } = exact;
  while (coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent += 1;
  }
  // A whole number that no double can hold may still be a Long.
  return exponent >= 0
    ? String(coefficient * 10n ** BigInt(exponent))
    : `${coefficient}E${exponent}`;
}

function doubleKey(value: number): string {
  if (Number.isSafeInteger(value)) return String(value + 0);
  return Number.isInteger(value) ? BigInt(value).toString() : `${value}`;
}

function detail(value: Value): string {
  if (value === null || typeof value === "boolean") return String(value);
  switch (kindOf(value)) {
    case "binData":
      return `${(value as Binary).sub_type}:${(value as Binary).toString("base64")}`;
    case "timestamp":
    case "regex":
    case "javascript":
    case "javascriptWithScope":
      return JSON.stringify(value);
    default:
      return "";
  }
}
