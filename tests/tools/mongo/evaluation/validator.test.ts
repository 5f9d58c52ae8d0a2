import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { compileValidator } from "../../../../tools/local/mongo/validator.ts";
import type { Doc, Value } from "../../../../tools/local/mongo/values/codec.ts";
import { codeOf, context, doc, value } from "./documents.ts";

type Fields = Record<string, unknown>;

const check = (schema: Fields, document: Fields) =>
  compileValidator(doc({ $jsonSchema: schema }), context)(doc(document));

describe("$jsonSchema", () => {
  it.each<[Fields, Fields, Fields]>([
    [{ bsonType: "object", required: ["a"] }, { a: 1 }, { b: 1 }],
    [{ properties: { a: { bsonType: ["int", "long"] } } }, { a: 1 }, { a: 1.5 }],
    [{ properties: { a: { type: "number" } } }, { a: 1.5 }, { a: "1" }],
    [{ properties: { a: {} }, additionalProperties: false }, { a: 1 }, { b: 1 }],
    [{ additionalProperties: { bsonType: "int" } }, { a: 1 }, { a: "x" }],
    [{ patternProperties: { "^x": { bsonType: "int" } } }, { x1: 1, y: "a" }, { x1: "a" }],
    [{ properties: { a: { minimum: 1, maximum: 3 } } }, { a: 3 }, { a: 4 }],
    [{ properties: { a: { minimum: 1, exclusiveMinimum: true } } }, { a: 1.1 }, { a: 1 }],
    [{ properties: { a: { multipleOf: 3 } } }, { a: 6 }, { a: 7 }],
    [{ properties: { a: { minLength: 2, maxLength: 3 } } }, { a: "ab" }, { a: "a" }],
    [{ properties: { a: { pattern: "^a" } } }, { a: "ab" }, { a: "b" }],
    [{ properties: { a: { enum: ["x", null] } } }, { a: null }, { a: "y" }],
    [
      { properties: { a: { items: { bsonType: "int" }, maxItems: 2 } } },
      { a: [1, 2] },
      { a: [1, "x"] },
    ],
    [
      { properties: { a: { items: [{ bsonType: "int" }], additionalItems: false } } },
      { a: [1] },
      { a: [1, 2] },
    ],
    [{ properties: { a: { uniqueItems: true } } }, { a: [1, 2] }, { a: [1, 1.0] }],
    [{ anyOf: [{ required: ["a"] }, { required: ["b"] }] }, { b: 1 }, { c: 1 }],
    [{ oneOf: [{ required: ["a"] }, { required: ["b"] }] }, { b: 1 }, { a: 1, b: 1 }],
    [{ allOf: [{ required: ["a"] }, { required: ["b"] }] }, { a: 1, b: 1 }, { a: 1 }],
    [{ not: { required: ["a"] } }, { b: 1 }, { a: 1 }],
    [{ minProperties: 1, maxProperties: 1 }, { a: 1 }, { a: 1, b: 1 }],
    [{ dependencies: { a: ["b"] } }, { a: 1, b: 1 }, { a: 1 }],
  ])("%j takes %j and refuses %j", (schema, good, bad) => {
    expect(check(schema, good)).toBeUndefined();
    expect(check(schema, bad)).toMatchObject({ operatorName: "$jsonSchema" });
  });

  it("explains a refusal as MongoDB does", () => {
    const details = check(
      { required: ["a"], properties: { b: { bsonType: "int", description: "a count" } } },
      { b: "x" },
    );
    expect(details).toEqual({
      operatorName: "$jsonSchema",
      schemaRulesNotSatisfied: [
        { operatorName: "required", specifiedAs: { required: ["a"] }, missingProperties: ["a"] },
        {
          operatorName: "properties",
          propertiesNotSatisfied: [
            {
              propertyName: "b",
              description: "a count",
              details: [
                {
                  operatorName: "bsonType",
                  specifiedAs: { bsonType: "int" },
                  reason: "type did not match",
                  consideredValue: "x",
                  consideredType: "string",
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it.each<[Fields, number]>([
    [{ format: "date" }, 9],
    [{ $ref: "#" }, 9],
    [{ nothing: 1 }, 9],
    [{ required: [] }, 9],
    [{ required: "a" }, 14],
    [{ minimum: "1" }, 14],
    [{ exclusiveMinimum: 3 }, 14],
    [{ type: "integer" }, 2],
    [{ bsonType: "nothing" }, 2],
  ])("%j is refused with error %i", (schema, code) =>
    expect(codeOf(() => check(schema, {}))).toBe(code),
  );
});

describe("a document that was valid before", () => {
  const inner = {
    bsonType: "object",
    required: ["n"],
    properties: { n: { bsonType: "int", minimum: 0 } },
    additionalProperties: false,
  };
  const validate = compileValidator(
    doc({
      $jsonSchema: {
        required: ["list"],
        properties: {
          list: { bsonType: "array", items: inner, maxItems: 3 },
          pair: { items: [{ bsonType: "int" }, { bsonType: "string" }] },
          one: inner,
          either: { anyOf: [{ bsonType: "int" }, inner] },
        },
        maxProperties: 4,
      },
    }),
    context,
  );
  const part = fc.constantFrom<Value>(
    ...[{ n: 1 }, { n: -1 }, { n: 1, x: 1 }, {}, 1, "text"].map((each) => value(each)),
  );
  const list = fc.array(part, { maxLength: 4 });
  const fields = fc.record(
    { list, pair: list, one: part, either: part, other: part },
    { requiredKeys: [] },
  );

  it("is judged after a change as if all of it were looked at", () => {
    fc.assert(
      fc.property(fields, fields, fc.nat(3), (first, changes, moved) => {
        const before = first as Doc;
        if (validate(before)) return;
        const kept = Array.isArray(before.list) ? before.list : [];
        const after: Doc = { ...before, ...(changes as Doc) };
        // The same elements in other places.
        if (moved > 0)
          after.list = [...kept.slice(moved), ...kept, ...((changes.list ?? []) as Value[])];
        if (moved > 1 && Array.isArray(before.pair))
          after.pair = before.pair.flatMap((each) => [each, each]);
        expect(validate(after, before)).toEqual(validate(after));
      }),
      { numRuns: 2_000 },
    );
  });
});

it("an item that was valid in its place is checked in another", () => {
  const before = doc({ list: [], pair: [1, "text"] });
  const schema = { properties: { pair: { items: [{ bsonType: "int" }, { bsonType: "string" }] } } };
  const validate = compileValidator(doc({ $jsonSchema: schema }), context);
  const [first = null] = before.pair as Value[];
  expect(validate(before)).toBeUndefined();
  expect(validate({ ...before, pair: [first, first] }, before)).toBeDefined();
});

describe("a validator of query operators", () => {
  it("names the operator and what it asked for", () => {
    const validate = compileValidator(doc({ a: { $gt: 1 }, b: 2 }), context);
    expect(validate(doc({ a: 2, b: 2 }))).toBeUndefined();
    expect(validate(doc({ a: 1, b: 2 }))).toMatchObject({ operatorName: "$and" });
    const one = compileValidator(doc({ a: { $gt: 1 } }), context);
    expect(one(doc({ a: 1 }))).toMatchObject({
      operatorName: "$gt",
      specifiedAs: doc({ a: { $gt: 1 } }),
    });
  });
});
