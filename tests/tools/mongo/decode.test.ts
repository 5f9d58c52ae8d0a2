import { describe, expect, it } from "@jest/globals";
import {
  Binary,
  Code,
  Decimal128,
  Double,
  deserialize,
  Int32,
  Long,
  MaxKey,
  ObjectId,
  serialize,
  Timestamp,
  UUID,
} from "bson";
import fc from "fast-check";
import type { Doc } from "../../../tools/local/mongo/values/codec.ts";
import { decode, encode } from "../../../tools/local/mongo/values/codec.ts";

const options = { promoteValues: false, promoteBuffers: false, bsonRegExp: true };

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, new MaxKey(), new Code("f")),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("\ufffd", "$ref", "$$NOW", "$a\0b", "$a", "x".repeat(17), "é".repeat(9)),
  fc.integer().map((value) => new Int32(value)),
  fc.double().map((value) => new Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Binary(bytes)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new UUID(bytes)),
  fc.nat().map((i) => new Timestamp({ t: i, i })),
  fc.constantFrom("0", "-1.50E+3", "NaN").map((text) => Decimal128.fromString(text)),
);

const name = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("__proto__", "_id", "a", "17"),
);

const { document } = fc.letrec((tie) => ({
  document: fc
    .array(
      fc.tuple(
        name.filter((n) => !n.includes("\0")),
        tie("value"),
      ),
      { maxLength: 6 },
    )
    .map(Object.fromEntries),
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    tie("document"),
    fc.array(tie("value"), { maxLength: 4 }),
  ),
}));

const bytesOf = (doc: unknown): Buffer => Buffer.from(serialize(doc as Doc));

/** What `decode` must give: what bson reads, written again, is compared byte by byte. */
const expectSame = (bytes: Buffer): void => {
  expect(bytesOf(decode(bytes)).equals(bytesOf(deserialize(bytes, options)))).toBe(true);
};

describe("decoding", () => {
  it("gives what bson gives, for any document", () => {
    fc.assert(fc.property(document, (doc) => expectSame(bytesOf(doc))));
  });

  it("refuses what bson refuses, wherever a byte is wrong", () => {
    fc.assert(
      fc.property(document, fc.nat(), fc.nat(255), (doc, place, byte) => {
        const bytes = bytesOf(doc);
        bytes[place % bytes.length] = byte;
        let valid = true;
        try {
          bytesOf(deserialize(bytes, options));
        } catch {
          valid = false;
        }
        if (valid) expectSame(bytes);
        else expect(() => bytesOf(decode(bytes))).toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it("reads what encoding wrote, whatever the size", () => {
    for (let length = 1; length < 2 ** 25; length *= 8) {
      const doc = { a: new Int32(1), list: [{ long: "x".repeat(length) }], z: new Int32(2) };
      expect(bytesOf(doc).equals(encode(doc))).toBe(true);
    }
  });

  it("keeps apart field names that share a place in the table of names", () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `name${i}`);
    const doc = Object.fromEntries(names.map((each, i) => [each, new Int32(i)]));
    expect(Object.keys(decode(bytesOf(doc)))).toEqual(names);
    expect(Object.keys(decode(bytesOf(doc)))).toEqual(names);
  });
});
