import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import fc from "fast-check";
import type { Doc, Value } from "../../../../tools/local/mongo/values/codec.ts";

const text = fc.oneof(
  fc.constantFrom("", "a", "A", "ab", "b", "\0", "a\0b", "é", "\ue000", "😀"),
  fc.string({ unit: "grapheme", maxLength: 4 }),
);

const number: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((n) => new Int32(n)),
  fc.integer({ min: -3, max: 3 }).map((n) => new Double(n)),
  fc.double().map((n) => new Double(n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)),
  // Neighbours that no double tells apart.
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map((n) => Long.fromBigInt(n)),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }).map((n) => Long.fromBigInt(-n)),
  fc
    .constantFrom(
      "0",
      "1",
      "-1",
      "1.0",
      "0.1",
      "-0.1",
      "9007199254740992.5",
      "-9007199254740993",
      "1E+400",
      "-1E+400",
      "1E-400",
      "NaN",
      "Infinity",
      "-Infinity",
    )
    .map((digits) => Decimal128.fromString(digits)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => Decimal128.fromString(String(n))),
);

const scalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: number },
  { weight: 3, arbitrary: text },
  fc.constant(null),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => new Binary(bytes)),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => new Timestamp(n)),
  fc
    .tuple(
      text.filter((t) => !t.includes("\0")),
      fc.constantFrom("", "i"),
    )
    .map(([pattern, flags]) => new BSONRegExp(pattern, flags)),
  text.map((code) => new Code(code)),
  fc.constant(new MinKey()),
  fc.constant(new MaxKey()),
);

/** Field names that JavaScript keeps in the order given, and that are no paths or operators. */
export const fieldName = fc.constantFrom("a", "b", "c", "ab", "A");

/** Any BSON value, with few different ones so that equals are common. */
export const anyValue: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 6, arbitrary: scalar },
    fc.array(tie("value"), { maxLength: 3 }),
    fc
      .array(fc.tuple(fieldName, tie("value")), { maxLength: 3 })
      .map((fields) => Object.fromEntries(fields)),
  ),
})).value;

export const anyDoc: fc.Arbitrary<Doc> = fc
  .array(fc.tuple(fieldName, anyValue), { maxLength: 5 })
  .map((fields) => Object.fromEntries(fields));
