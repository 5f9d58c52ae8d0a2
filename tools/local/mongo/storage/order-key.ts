import {
  type Binary,
  type BSONRegExp,
  type Code,
  Decimal128,
  Double,
  Int32,
  Long,
  type ObjectId,
  type Timestamp,
} from "bson";
import type { Doc, Value } from "../values/codec.ts";
import type { Collation } from "../values/collation.ts";
import { compareExact, type Exact, exactOf } from "../values/decimal.ts";
import { type Num, rankOf } from "../values/kinds.ts";

/*
 * A value is written as one byte for its rank among the types, then a body whose bytes order like
 * the values and which tells its own end; so keys of several values can be joined, and a descending
 * one is its bytes inverted. Rank bytes are neither 0x00 nor 0xff, so key + endOfPrefix follows all
 * keys that begin with key.
 */

/** Appended to a key, it follows every key of which that one is the beginning. */
export const endOfPrefix = "\xff";

let scratch = Buffer.allocUnsafe(1 << 12);
let used = 0;

/**
 * A string of one byte a character whose order is MongoDB's order of the values (`compare`), the
 * first deciding before the second; equal values give equal strings. With a collation strings are
 * folded: equal ones are still equal, but their order is not the collation's. `undefined` stands
 * before null.
 */
export function orderKey(
  values: readonly (Value | undefined)[],
  directions: readonly (1 | -1)[] = [],
  collation?: Collation,
): string {
  used = 0;
  values.forEach((value, index) => {
    const start = used;
    write(value, collation);
    if (directions[index] === -1) invert(start);
  });
  return scratch.toString("latin1", 0, used);
}

/** The keys of one direction that hold any value of this one's type, null and missing apart. */
export function typeInterval(value: Value, direction: 1 | -1): { from: string; to: string } {
  const mark = rankByte(value);
  return direction === 1
    ? { from: String.fromCharCode(mark), to: String.fromCharCode(mark + 1) }
    : { from: String.fromCharCode(0xff - mark), to: String.fromCharCode(0xff - mark + 1) };
}

const rankByte = (value: Value | undefined): number => rankOf(value) + 0x10;

function reserve(bytes: number): void {
  if (used + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe((used + bytes) * 2);
  scratch.copy(larger, 0, 0, used);
  scratch = larger;
}

function invert(start: number): void {
  for (let i = start; i < used; i += 1) scratch[i] = 0xff - (scratch[i] as number);
}

function writeByte(byte: number): void {
  reserve(1);
  scratch[used] = byte;
  used += 1;
}

function writeBytes(bytes: Uint8Array): void {
  reserve(bytes.length);
  scratch.set(bytes, used);
  used += bytes.length;
}

function write(value: Value | undefined, collation: Collation | undefined): void {
  writeByte(rankByte(value));
  writeBody(value, collation);
}

function writeBody(value: Value | undefined, collation: Collation | undefined): void {
  switch (rankOf(value)) {
    case 10:
      writeNumber(value as Num);
      break;
    case 15:
      writeText(collation ? collation.key(String(value)) : String(value));
      break;
    case 20:
      writeDoc(value as Doc, collation);
      break;
    case 25:
      for (const item of value as Value[]) write(item, collation);
      writeByte(0);
      break;
    case 30:
      writeBinary(value as Binary);
      break;
    case 35:
      writeBytes((value as ObjectId).id);
      break;
    case 40:
      writeByte(value === true ? 1 : 0);
      break;
    case 45:
      writeDouble((value as Date).getTime());
      break;
    case 47:
      reserve(8);
      used = scratch.writeBigUInt64BE((value as Timestamp).toBigInt() & 0xffffffffffffffffn, used);
      break;
    case 50:
      writeText((value as BSONRegExp).pattern);
      writeText((value as BSONRegExp).options);
      break;
    case 60:
      writeText(String((value as Code).code));
      break;
    case 65:
      writeText(String((value as Code).code));
      writeDoc((value as Code).scope as Doc, undefined);
      break;
  }
}

/** Ends in 0x00, with 0x00 0xff for a NUL inside, so that a text comes before its own continuations. */
function writeText(text: string): void {
  reserve(text.length * 6 + 1);
  if (text.includes("\0")) {
    for (const byte of Buffer.from(text)) {
      writeByte(byte);
      if (byte === 0) writeByte(0xff);
    }
  } else {
    used += scratch.write(text, used);
  }
  writeByte(0);
}

function writeDoc(doc: Doc, collation: Collation | undefined): void {
  for (const [name, value] of Object.entries(doc)) {
    writeByte(rankByte(value));
    writeText(name);
    writeBody(value, collation);
  }
  writeByte(0);
}

function writeBinary(binary: Binary): void {
  reserve(5);
  used = scratch.writeUInt32BE(binary.length(), used);
  used = scratch.writeUInt8(binary.sub_type, used);
  writeBytes(binary.value());
}

/** IEEE bits turned so that bytes order like the numbers; NaN first. */
function writeDouble(value: number): void {
  reserve(8);
  const start = used;
  used = scratch.writeDoubleBE(Number.isNaN(value) ? 0 : value + 0, used);
  if (Number.isNaN(value)) scratch.fill(0, start, used);
  else if (value < 0) invert(start);
  else scratch[start] = (scratch[start] as number) ^ 0x80;
}

/** The nearest double, then whether the number is below it (1), it (2) or above it (3) and, if not it, its digits. */
function writeNumber(number: Num): void {
  const nearest =
    number instanceof Int32 || number instanceof Double ? number.value : Number(number.toString());
  writeDouble(nearest);
  if (!isWider(number, nearest)) {
    writeByte(2);
    return;
  }
  const exact = exactOf(number);
  const side = compareExact(exact, exactOf(new Double(nearest)));
  writeByte(2 + side);
  if (side !== 0 && typeof exact !== "string") writeDigits(exact);
}

/** Whether the number may be none that a double can hold. */
const isWider = (number: Num, nearest: number): boolean =>
  number instanceof Decimal128 || (number instanceof Long && !Number.isSafeInteger(nearest));

function writeDigits({ coefficient, exponent }: Exclude<Exact, string>): void {
  const start = used;
  const digits = String(coefficient < 0n ? -coefficient : coefficient);
  reserve(2);
  used = scratch.writeUInt16BE(0x8000 + exponent + digits.length, used);
  writeText(digits.replace(/0+$/, ""));
  if (coefficient < 0n) invert(start);
}
