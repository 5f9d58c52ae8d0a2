import { Int32 } from "bson";
import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import { isNullish, isNumber, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import { bounds } from "./arrays.ts";
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
const bytes = (text: string): Buffer => Buffer.from(text, "utf8");

/** What `$toLower` and the like take for a string: numbers and dates are written out, null is empty. */
function coerced(value: Result): string {
  if (isNullish(value)) return "";
  if (typeof value === "string") return value;
  if (isNumber(value)) return value.toString();
  if (value instanceof Date) return value.toISOString();
  return kindOf(value) === "symbol"
    ? String(value)
    : fail(16007, `can't convert from BSON type ${kindOf(value)} to String`);
}

const text = (value: Result, name: string, code: number): string =>
  typeof value === "string"
    ? value
    : fail(code, `${name} requires a string argument, found: ${kindOf(value)}`);

/** Operators on strings; positions are bytes of UTF-8 or code points, as the name says. */
export const stringOperators: Operators = {
  $concat: variadic(0, many, (args) => {
    let result = "";
    for (const arg of args) {
      if (isNullish(arg)) return null;
      if (typeof arg !== "string")
        return fail(16702, `$concat only supports strings, not ${kindOf(arg)}`);
      result += arg;
    }
    return result;
  }),
  $toLower: unary((a) => coerced(a).replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  $toUpper: unary((a) => coerced(a).replace(/[a-z]+/g, (part) => part.toUpperCase())),
  $strcasecmp: binary((a, b) => {
    const [x, y] = [coerced(a).toUpperCase(), coerced(b).toUpperCase()];
    return new Int32(x < y ? -1 : x > y ? 1 : 0);
  }),
  $strLenBytes: unary((a) => new Int32(bytes(text(a, "$strLenBytes", 34473)).length)),
  $strLenCP: unary((a) => new Int32([...text(a, "$strLenCP", 34471)].length)),
  $substr: variadic(3, 3, ([a, from, length]) => substringBytes(coerced(a), from, length)),
  $substrBytes: variadic(3, 3, ([a, from, length]) => substringBytes(coerced(a), from, length)),
  $substrCP: variadic(3, 3, ([a, from, length]) => {
    const start = place(from, 34450);
    const count = place(length, 34452);
    if (start < 0) fail(34455, "$substrCP: the starting index must be a non-negative integer.");
    if (count < 0) fail(34454, "$substrCP: length must be a non-negative integer.");
    return [...coerced(a)].slice(start, start + count).join("");
  }),
  $split: binary((a, b) => {
    if (isNullish(a) || isNullish(b)) return null;
    const separator = text(b, "$split", 40086);
    if (separator === "") fail(40087, "$split requires a non-empty separator");
    return text(a, "$split", 40085).split(separator);
  }),
  $indexOfBytes: variadic(2, 4, ([a, b, from, to]) => {
    if (isNullish(a)) return null;
    const whole = bytes(text(a, "$indexOfBytes", 40091));
    const part = bytes(text(b, "$indexOfBytes", 40092));
    const [start, stop] = bounds("$indexOfBytes", from, to, whole.length);
    return new Int32(
      start > stop ? -1 : found(whole.subarray(0, stop).indexOf(part, start), start, stop),
    );
  }),
  $indexOfCP: variadic(2, 4, ([a, b, from, to]) => {
    if (isNullish(a)) return null;
    const whole = [...text(a, "$indexOfCP", 40093)];
    const part = text(b, "$indexOfCP", 40094);
    const [start, stop] = bounds("$indexOfCP", from, to, whole.length);
    if (start > stop) return new Int32(-1);
    const slice = whole.slice(start, stop).join("");
    const at = slice.indexOf(part);
    return new Int32(at < 0 ? -1 : start + [...slice.slice(0, at)].length);
  }),
  $trim: trim("$trim", true, true),
  $ltrim: trim("$ltrim", true, false),
  $rtrim: trim("$rtrim", false, true),
  $replaceOne: replace("$replaceOne", (input, find, replacement) =>
    input.replace(find, () => replacement),
  ),
  $replaceAll: replace("$replaceAll", (input, find, replacement) =>
    input.replaceAll(find, () => replacement),
  ),
};

const found = (at: number, start: number, stop: number): number =>
  at >= start && at <= stop ? at : -1;

function place(value: Result, code: number): number {
  if (!isNumber(value))
    return fail(code, `substring position must be a number, found: ${kindOf(value)}`);
  return Math.trunc(toDouble(value));
}

function substringBytes(input: string, from: Result, length: Result): Value {
  const start = place(from, 16034);
  const count = place(length, 16035);
  if (start < 0) fail(50752, "$substrBytes: starting index must be non-negative");
  const whole = bytes(input);
  const part = whole.subarray(start, count < 0 ? whole.length : start + count);
  const isCut = (at: number) => ((whole[at] ?? 0) & 0xc0) === 0x80;
  if (isCut(start))
    fail(28656, "$substrBytes: Invalid range, starting index is a UTF-8 continuation byte.");
  if (isCut(start + part.length))
    fail(28657, "$substrBytes: Invalid range, ending index is in the middle of a UTF-8 character.");
  return part.toString("utf8");
}

const whitespace =
  "\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a";

function trim(name: string, left: boolean, right: boolean): Operator {
  return named(["input"], ["chars"], (args) => {
    if (isNullish(args.input) || args.chars === null) return null;
    const input = [...text(args.input, name, 50699)];
    const chars = new Set(args.chars === undefined ? whitespace : text(args.chars, name, 50700));
    let start = 0;
    let stop = input.length;
    while (left && start < stop && chars.has(input[start] ?? "")) start += 1;
    while (right && stop > start && chars.has(input[stop - 1] ?? "")) stop -= 1;
    return input.slice(start, stop).join("");
  });
}

function replace(
  name: string,
  change: (input: string, find: string, replacement: string) => string,
): Operator {
  return named(["input", "find", "replacement"], [], ({ input, find, replacement }) => {
    for (const [what, value, code] of [
      ["input", input, 51746],
      ["find", find, 51745],
      ["replacement", replacement, 51744],
    ] as const) {
      if (!isNullish(value) && typeof value !== "string") {
        fail(code, `${name} requires that '${what}' be a string, found: ${describe(value)}`);
      }
    }
    if (typeof input !== "string" || typeof find !== "string" || typeof replacement !== "string")
      return null;
    return change(input, find, replacement);
  });
}
