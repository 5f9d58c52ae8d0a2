import {
  type Binary,
  type BSONRegExp,
  type BSONSymbol,
  type Code,
  Decimal128,
  Double,
  Int32,
  Long,
  type ObjectId,
  type Timestamp,
} from "bson";
import { type Doc, isDoc, type Value } from "./codec.ts";
import type { Collation } from "./collation.ts";
import { compareExact, exactOf } from "./decimal.ts";
import { kindOf, type Num, rankOf } from "./kinds.ts";

const sign = (n: number): number => (n < 0 ? -1 : n > 0 ? 1 : 0);

/**
 * MongoDB's order over all values, types included: missing before null before numbers before strings.
 * Numbers are compared by value whatever their type; NaN is below all and equal to itself; documents
 * are compared field by field in their order.
 */
export function compare(a: Value | undefined, b: Value | undefined, collation?: Collation): number {
  if (a === b) return 0;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b, collation);
  if ((a instanceof Int32 || a instanceof Double) && (b instanceof Int32 || b instanceof Double)) {
    return compareDoubles(a.value, b.value);
  }
  const rank = rankOf(a);
  const difference = rank - rankOf(b);
  if (difference !== 0) return sign(difference);
  switch (rank) {
    case 10:
      return compareNumbers(a as Num, b as Num);
    case 15:
      return compareText(
        textOf(a as string | BSONSymbol),
        textOf(b as string | BSONSymbol),
        collation,
      );
    case 20:
      return compareDocs(a as Doc, b as Doc, collation);
    case 25:
      return compareArrays(a as Value[], b as Value[], collation);
    case 30:
      return compareBinary(a as Binary, b as Binary);
    case 35:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id);
    case 40:
      return a === true ? 1 : -1;
    case 45:
      return sign((a as Date).getTime() - (b as Date).getTime());
    case 47:
      return (a as Timestamp).toUnsigned().compare((b as Timestamp).toUnsigned());
    case 50:
      return compareRegex(a as BSONRegExp, b as BSONRegExp);
    case 60:
    case 65:
      return compareCode(a as Code, b as Code);
    default:
      return 0;
  }
}

export const equal = (a: Value | undefined, b: Value | undefined, collation?: Collation): boolean =>
  compare(a, b, collation) === 0;

/** The same value of the same type, bit for bit: what an update must change to count as one. */
export function identical(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => identical(item, b[index]))
    );
  }
  if (isDoc(a)) {
    if (!isDoc(b)) return false;
    const names = Object.keys(a);
    const others = Object.keys(b);
    return (
      names.length === others.length &&
      names.every((name, index) => name === others[index] && identical(a[name], b[name]))
    );
  }
  if (a instanceof Double && b instanceof Double) return Object.is(a.value, b.value);
  if (a instanceof Decimal128 && b instanceof Decimal128) {
    return Buffer.compare(a.bytes, b.bytes) === 0;
  }
  return kindOf(a) === kindOf(b) && compare(a, b) === 0;
}

function compareText(a: string, b: string, collation?: Collation): number {
  if (a === b) return 0;
  if (collation) return collation.compare(a, b);
  // UTF-16 order differs from MongoDB's (UTF-8 bytes) only where surrogates meet U+E000 and above.
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const high = x >= 0xd800 && y >= 0xd800;
      return high
        ? sign((x >= 0xe000 ? x - 0x10000 : x) - (y >= 0xe000 ? y - 0x10000 : y))
        : sign(x - y);
    }
  }
  return sign(a.length - b.length);
}

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : 1;
}

function compareNumbers(a: Num, b: Num): number {
  if (a instanceof Long && b instanceof Long) return a.compare(b);
  if (a instanceof Long && b instanceof Int32) return a.compare(b.value);
  if (a instanceof Int32 && b instanceof Long) return 0 - b.compare(a.value);
  return compareExact(exactOf(a), exactOf(b));
}

function compareDocs(a: Doc, b: Doc, collation?: Collation): number {
  const names = Object.keys(a);
  const others = Object.keys(b);
  for (let i = 0; i < names.length && i < others.length; i += 1) {
    const name = names[i] ?? "";
    const other = others[i] ?? "";
    // Type before name before value, as MongoDB's own comparison of documents has it.
    const order =
      sign(rankOf(a[name]) - rankOf(b[other])) ||
      compareText(name, other) ||
      compare(a[name], b[other], collation);
    if (order !== 0) return order;
  }
  return sign(names.length - others.length);
}

function compareArrays(a: Value[], b: Value[], collation?: Collation): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const order = compare(a[i], b[i], collation);
    if (order !== 0) return order;
  }
  return sign(a.length - b.length);
}

function compareBinary(a: Binary, b: Binary): number {
  return (
    sign(a.length() - b.length()) ||
    sign(a.sub_type - b.sub_type) ||
    Buffer.compare(a.value(), b.value())
  );
}

const compareRegex = (a: BSONRegExp, b: BSONRegExp): number =>
  compareText(a.pattern, b.pattern) || compareText(a.options, b.options);

const compareCode = (a: Code, b: Code): number =>
  compareText(String(a.code), String(b.code)) ||
  compare((a.scope as Doc | null) ?? null, (b.scope as Doc | null) ?? null);

const textOf = (value: string | BSONSymbol): string =>
  typeof value === "string" ? value : value.value;
