import {
  type Binary,
  type BSONRegExp,
  type BSONSymbol,
  type Code,
  DBRef,
  type Decimal128,
  type Double,
  deserialize,
  type Int32,
  type Long,
  type MaxKey,
  type MinKey,
  type ObjectId,
  serialize,
  type Timestamp,
} from "bson";
import { fail } from "../errors.ts";
import { decodeCommon, decodeStatement as decodeCommonStatement } from "./decode.ts";
import { encodeCommon } from "./encode.ts";

/** A BSON value. Numbers keep their BSON type; a missing field is `undefined` and is never stored. */
export type Value =
  | null
  | boolean
  | string
  | Date
  | Int32
  | Double
  | Long
  | Decimal128
  | ObjectId
  | Binary
  | Timestamp
  | BSONRegExp
  | BSONSymbol
  | Code
  | MinKey
  | MaxKey
  | Value[]
  | Doc;

/**
 * A BSON document as a plain object. Known limit: JavaScript puts field names that look like array
 * indexes ("0", "17") before all others, so their place among the fields is lost.
 */
export type Doc = { [field: string]: Value };

const options = { promoteValues: false, promoteBuffers: false, bsonRegExp: true };
const referenceMark = Buffer.from("$ref\0");

/** Reads one document. Throws BSONError if the bytes are not BSON, and InvalidBSON for a stray value. */
export function decode(bytes: Uint8Array): Doc {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const common = decodeCommon(view);
  if (common) return common;
  const doc: unknown = deserialize(bytes, options);
  // bson turns { $ref, $id } into a class of its own; MongoDB sees an ordinary document.
  return (view.includes(referenceMark) ? plain(doc) : doc) as Doc;
}

/** Reads a command or one of its statements; the pipeline of an update in its `field` may be a `Pipeline`. */
export const decodeStatement = (bytes: Buffer, field: string): Doc =>
  decodeCommonStatement(bytes, field) ?? decode(bytes);

/** Writes one document; fields that are missing (`undefined`) are left out. */
export function encode(doc: Doc): Uint8Array {
  return encodeCommon(doc) ?? serialize(doc, { ignoreUndefined: true });
}

/** A document, as opposed to an array or any other BSON value. */
export const isDoc = (value: unknown): value is Doc =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Sets a field whose name is data: `__proto__` too becomes a field like any other. */
export function setField(doc: Doc, name: string, value: Value): void {
  if (name === "__proto__") {
    Object.defineProperty(doc, name, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    doc[name] = value;
  }
}

/** A field of a document that is its own, so that `toString` and the like are missing. */
export function getField(doc: Doc, name: string): Value | undefined {
  const value = doc[name];
  return value !== undefined && Object.hasOwn(doc, name) ? value : undefined;
}

/** A command's number argument as a JavaScript number. Throws TypeMismatch for anything else. */
export function toNumber(value: Value | undefined, what = "value"): number {
  if (typeof value === "object" && value !== null && "_bsontype" in value) {
    switch (value._bsontype) {
      case "Int32":
      case "Double":
        return (value as Int32 | Double).value;
      case "Long":
        return (value as Long).toNumber();
      case "Decimal128":
        return Number((value as Decimal128).toString());
    }
  }
  return fail("TypeMismatch", `${what} must be a number`);
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof DBRef) {
    const reference: Record<string, unknown> = { $ref: value.collection, $id: plain(value.oid) };
    if (value.db !== undefined) reference.$db = value.db;
    for (const [name, field] of Object.entries(value.fields ?? {})) reference[name] = plain(field);
    return reference;
  }
  if (isDoc(value)) {
    for (const [name, field] of Object.entries(value)) setField(value, name, plain(field) as Value);
  }
  return value;
}
