import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import * as z from "zod";
import { collections } from "../../lib/collections.ts";
import { mongoSchema } from "../../lib/db/json-schema.ts";

/** Keywords of https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/; any other is refused by the server. */
const accepted = new Set(
  `additionalItems additionalProperties allOf anyOf bsonType dependencies description enum exclusiveMaximum
  exclusiveMinimum items maximum maxItems maxLength maxProperties minimum minItems minLength minProperties
  multipleOf not oneOf pattern patternProperties properties required title type uniqueItems`.split(
    /\s+/,
  ),
);

function keywordsOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywordsOf);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (keyword === "properties" || keyword === "patternProperties") {
      return [keyword, ...Object.values(value as object).flatMap(keywordsOf)];
    }
    return keyword === "enum" || keyword === "required"
      ? [keyword]
      : [keyword, ...keywordsOf(value)];
  });
}

describe("a zod schema as $jsonSchema", () => {
  it.each<[string, z.ZodType, object]>([
    [
      "string with bounds",
      z.string().min(1).max(9),
      { bsonType: "string", minLength: 1, maxLength: 9 },
    ],
    ["boolean", z.boolean(), { bsonType: "bool" }],
    ["date", z.date(), { bsonType: "date" }],
    ["ObjectId", z.instanceof(ObjectId).meta({ bsonType: "objectId" }), { bsonType: "objectId" }],
    ["literal", z.literal("a"), { bsonType: "string", enum: ["a"] }],
    ["enum", z.enum(["a", "b"]), { bsonType: "string", enum: ["a", "b"] }],
    [
      "number above 0",
      z.number().gt(0),
      { bsonType: ["double", "int", "long", "decimal"], minimum: 0, exclusiveMinimum: true },
    ],
    [
      "array",
      z.array(z.boolean()).max(3),
      { bsonType: "array", items: { bsonType: "bool" }, maxItems: 3 },
    ],
    ["nullable text", z.string().nullable(), { bsonType: ["string", "null"] }],
    ["nullable", z.date().nullable(), { anyOf: [{ bsonType: "date" }, { bsonType: "null" }] }],
    [
      "strict object with an optional field",
      z.strictObject({ a: z.boolean(), b: z.boolean().optional() }),
      {
        bsonType: "object",
        properties: { a: { bsonType: "bool" }, b: { bsonType: "bool" } },
        required: ["a"],
        additionalProperties: false,
      },
    ],
  ])("%s", (_, schema, expected) => {
    expect(mongoSchema(schema)).toEqual(expected);
  });

  it("lets an integer be stored as any type of number that holds it, and nothing between two integers", () => {
    expect(mongoSchema(z.int().min(0))).toMatchObject({
      bsonType: ["int", "long", "double"],
      multipleOf: 1,
      minimum: 0,
    });
  });

  it.each(collections.map((spec) => [spec.name, spec] as const))(
    "of collection %s uses only keywords that MongoDB accepts",
    (_, { schema }) => {
      expect(keywordsOf(mongoSchema(schema)).filter((keyword) => !accepted.has(keyword))).toEqual(
        [],
      );
    },
  );

  it("refuses what has no such form", () => {
    const Tree: z.ZodType = z.lazy(() => z.object({ child: Tree.optional() }));
    expect(() => mongoSchema(Tree)).toThrow("no $jsonSchema form");
  });
});
