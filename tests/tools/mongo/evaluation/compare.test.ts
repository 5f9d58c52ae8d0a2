import { describe, expect, it } from "@jest/globals";
import {
  Binary,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
} from "bson";
import fc from "fast-check";
import { decode, encode, type Value } from "../../../../tools/local/mongo/values/codec.ts";
import { parseCollation } from "../../../../tools/local/mongo/values/collation.ts";
import { compare, equal, identical } from "../../../../tools/local/mongo/values/compare.ts";
import { keyOf } from "../../../../tools/local/mongo/values/key.ts";
import { codeOf, doc } from "./documents.ts";

const numbers = fc.oneof(
  fc.integer().map((n): Value => new Int32(n)),
  fc.double().map((n): Value => new Double(n)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n): Value => Long.fromBigInt(n)),
  fc.integer({ min: -5, max: 5 }).map((n): Value => Decimal128.fromString(`${n}E-1`)),
  fc.integer({ min: -5, max: 5 }).map((n): Value => new Double(n / 2)),
  fc.integer({ min: -5, max: 5 }).map((n): Value => Long.fromNumber(n)),
);

const scalars = fc.oneof(
  numbers,
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom<Value>(new MinKey(), new MaxKey(), new ObjectId("0123456789abcdef01234567")),
);

const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value;

describe("the order of values", () => {
  it("is MongoDB's order of types, from missing to MaxKey", () => {
    const inOrder: (Value | undefined)[] = [
      new MinKey(),
      undefined,
      null,
      new Double(Number.NaN),
      Decimal128.fromString("-Infinity"),
      new Int32(-1),
      new Double(0.5),
      Long.fromNumber(1),
      "a",
      {},
      [],
      new ObjectId("0123456789abcdef01234567"),
      false,
      true,
      new Date(0),
      new Timestamp({ t: 0, i: 1 }),
      new MaxKey(),
    ];
    for (const [i, a] of inOrder.entries()) {
      for (const [j, b] of inOrder.entries()) expect(compare(a, b)).toBe(Math.sign(i - j));
    }
  });

  it("is total: antisymmetric and transitive", () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        expect(compare(a, b)).toBe(0 - compare(b, a));
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1000 },
    );
  });

  it("counts the order of fields in documents", () => {
    expect(equal(doc({ a: 1, b: 2 }), doc({ b: 2, a: 1 }))).toBe(false);
    expect(compare(doc({ a: 1 }), doc({ a: 1, b: 1 }))).toBe(-1);
  });

  it.each<[string, Value, Value, number]>([
    ["1 and 1.0 are equal", new Int32(1), new Double(1), 0],
    ["1 and Long 1 are equal", new Int32(1), Long.fromNumber(1), 0],
    [
      "a Long past 2^53 differs from its double",
      Long.fromString("9007199254740993"),
      new Double(2 ** 53),
      1,
    ],
    [
      "0.1 as a double is more than 0.1 as a decimal",
      new Double(0.1),
      Decimal128.fromString("0.1"),
      1,
    ],
    ["0.0 and -0.0 are equal", new Double(0), new Double(-0), 0],
    ["NaN is below every number", new Double(Number.NaN), Decimal128.fromString("-1E6000"), -1],
    ["emoji sort after the last of the basic plane, as bytes of UTF-8 do", "😀", "\uffff", 1],
  ])("%s", (_, a, b, order) => expect(compare(a, b)).toBe(order));
});

describe("keys for hashing", () => {
  it("are the same exactly for values that compare as equal", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(keyOf(a) === keyOf(b)).toBe(compare(a, b) === 0);
      }),
      { numRuns: 2000 },
    );
  });

  it("tell binary data of different subtypes apart", () => {
    const bytes = Buffer.from("abc");
    expect(keyOf(new Binary(bytes, 0))).not.toBe(keyOf(new Binary(bytes, 5)));
  });

  it("are the same for one number in every type", () => {
    const keys = [new Int32(3), new Double(3), Long.fromNumber(3), Decimal128.fromString("3.00")];
    expect(new Set(keys.map((key) => keyOf(key))).size).toBe(1);
  });
});

describe("identical values", () => {
  it("have the same types too", () => {
    expect(identical(doc({ a: 1 }), doc({ a: 1 }))).toBe(true);
    expect(identical(new Int32(1), new Double(1))).toBe(false);
    expect(identical(new Double(0), new Double(-0))).toBe(false);
  });
});

describe("collation", () => {
  const insensitive = parseCollation(doc({ locale: "en", strength: 2 }));

  it("of strength 2 ignores case and keeps accents", () => {
    expect(equal("Ada", "aDA", insensitive)).toBe(true);
    expect(equal("resume", "résumé", insensitive)).toBe(false);
    expect(keyOf("Ada", insensitive)).toBe(keyOf("ADA", insensitive));
  });

  it("of strength 1 ignores accents as well", () => {
    const base = parseCollation(doc({ locale: "en", strength: 1 }));
    expect(equal("resume", "Résumé", base)).toBe(true);
  });

  it("never calls strings equal that have different keys", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(equal(a, b, insensitive)).toBe(keyOf(a, insensitive) === keyOf(b, insensitive));
      }),
    );
  });

  it.each([
    [{ locale: "fr" }],
    [{ locale: "en", numericOrdering: true }],
    [{ locale: "en", strength: 4 }],
    [{ strength: 2 }],
  ])("refuses %j", (spec) => expect(codeOf(() => parseCollation(doc(spec)))).toBe(2));

  it("simple is none", () => expect(parseCollation(doc({ locale: "simple" }))).toBeUndefined());
});

describe("the codec", () => {
  it("gives back every value with its BSON type", () => {
    fc.assert(
      fc.property(values, (given) => {
        expect(identical(decode(encode({ given })).given, given)).toBe(true);
      }),
    );
  });

  it("writes the same bytes as bson", () => {
    const names = fc.string({ unit: "grapheme" }).filter((name) => !name.includes("\0"));
    fc.assert(
      fc.property(fc.dictionary(names, values, { noNullPrototype: true }), (given) => {
        expect(Buffer.compare(encode(given), serialize(given))).toBe(0);
      }),
    );
  });

  it("refuses a field name with a zero in it", () => {
    expect(() => encode({ "a\0b": null })).toThrow("null bytes");
  });

  it("leaves documents that look like references as documents", () => {
    expect(doc({ r: { $ref: "c", $id: 1 } }).r).toEqual({ $ref: "c", $id: new Int32(1) });
  });

  it("keeps a field called __proto__ as a field", () => {
    const given = doc(JSON.parse('{ "__proto__": { "x": 1 } }'));
    expect(Object.keys(given)).toEqual(["__proto__"]);
    expect(encode(decode(encode(given)))).toEqual(encode(given));
  });
});
