import { type Code, Decimal128, Double, Int32, Long } from "bson";
import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "./codec.ts";

export type Num = Int32 | Double | Long | Decimal128;

/** Each type's name as `$type` gives it, with its BSON number and its rank in MongoDB's order of types. */
const kinds = {
  minKey: { number: -1, rank: -1 },
  missing: { number: 0, rank: 0 },
  null: { number: 10, rank: 5 },
  double: { number: 1, rank: 10 },
  int: { number: 16, rank: 10 },
  long: { number: 18, rank: 10 },
  decimal: { number: 19, rank: 10 },
  string: { number: 2, rank: 15 },
  symbol: { number: 14, rank: 15 },
  object: { number: 3, rank: 20 },
  array: { number: 4, rank: 25 },
  binData: { number: 5, rank: 30 },
  objectId: { number: 7, rank: 35 },
  bool: { number: 8, rank: 40 },
  date: { number: 9, rank: 45 },
  timestamp: { number: 17, rank: 47 },
  regex: { number: 11, rank: 50 },
  dbPointer: { number: 12, rank: 55 },
  javascript: { number: 13, rank: 60 },
  javascriptWithScope: { number: 15, rank: 65 },
  undefined: { number: 6, rank: 0 },
  maxKey: { number: 127, rank: 127 },
} as const;

export type Kind = keyof typeof kinds;

const byNumber = new Map<number, Kind>();
for (const [kind, { number }] of Object.entries(kinds)) {
  if (kind !== "missing") byNumber.set(number, kind as Kind);
}

const byBsonType: Record<string, Kind> = {
  Int32: "int",
  Double: "double",
  Long: "long",
  Decimal128: "decimal",
  ObjectId: "objectId",
  Binary: "binData",
  Timestamp: "timestamp",
  BSONRegExp: "regex",
  BSONSymbol: "symbol",
  MinKey: "minKey",
  MaxKey: "maxKey",
};

/** The type of a value as MongoDB names it in messages; "missing" for `undefined`. */
export function kindOf(value: Value | undefined): Kind {
  switch (typeof value) {
    case "string":
      return "string";
    case "boolean":
      return "bool";
    case "undefined":
      return "missing";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (isDoc(value)) return "object";
  if (value instanceof Date) return "date";
  const tagged = value as Exclude<typeof value, Doc>;
  if (tagged._bsontype === "Code") {
    return (tagged as Code).scope ? "javascriptWithScope" : "javascript";
  }
  return byBsonType[tagged._bsontype] ?? fail("BadValue", "unsupported BSON type");
}

/** The place of a type in MongoDB's order: values of one rank are compared by value. */
export const rankOf = (value: Value | undefined): number => kinds[kindOf(value)].rank;

export const isNumber = (value: Value | undefined): value is Num =>
  value instanceof Int32 ||
  value instanceof Double ||
  value instanceof Long ||
  value instanceof Decimal128;

/** Null or missing: what most expressions answer with null. */
export const isNullish = (value: Value | undefined): value is null | undefined =>
  value === null || value === undefined;

/** MongoDB's truth: all but false, null, missing and numbers equal to zero. */
export function isTrue(value: Value | undefined): boolean {
  if (typeof value === "boolean") return value;
  if (value === null || value === undefined) return false;
  if (value instanceof Int32 || value instanceof Double) return value.value !== 0;
  if (value instanceof Long) return !value.isZero();
  if (value instanceof Decimal128) return !/^-?[0.]+(E.*)?$/.test(value.toString());
  return true;
}

/**
 * A type as `$type`, `$convert` and `bsonType` accept it: name, number, or "number" for all four.
 * Throws BadValue for an unknown one.
 */
export function kindsNamed(type: Value): Kind[] {
  if (type === "number") return ["int", "double", "long", "decimal"];
  if (typeof type === "string") {
    if (type in kinds && type !== "missing") return [type as Kind];
    return fail("BadValue", `Unknown type name alias: ${type}`);
  }
  if (type instanceof Int32 || type instanceof Double || type instanceof Long) {
    const number = type instanceof Long ? type.toNumber() : type.value;
    if (!Number.isInteger(number)) fail("BadValue", `Invalid numerical type code: ${number}`);
    const kind = byNumber.get(number);
    if (kind) return [kind];
    return fail("BadValue", `Invalid numerical type code: ${number}`);
  }
  return fail("TypeMismatch", "type must be represented as a number or a string");
}
