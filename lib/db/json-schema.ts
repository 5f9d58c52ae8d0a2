import * as z from "zod";

type JsonSchema = Record<string, unknown>;

/** BSON types by JSON Schema type. A number is stored as the narrowest type that fits, so an integer may be any of three. */
const bsonTypes: Record<string, string[] | string> = {
  string: "string",
  boolean: "bool",
  object: "object",
  array: "array",
  null: "null",
  number: ["double", "int", "long", "decimal"],
  integer: ["int", "long", "double"],
};

/** Keywords that hold one schema, a list of schemas, or schemas by name: where the conversion goes on. */
const nested = {
  one: ["items", "not", "additionalProperties"],
  list: ["anyOf", "allOf", "oneOf"],
  named: ["properties", "patternProperties"],
};

/** Keywords of JSON Schema that MongoDB's `$jsonSchema` refuses and that check nothing here. */
const dropped = new Set([
  "$schema",
  "format",
  "default",
  "id",
  "examples",
  "readOnly",
  "propertyNames",
]);

/**
 * A zod schema as MongoDB's `$jsonSchema`: JSON Schema draft 4 with `bsonType`.
 * Types that JSON does not have name theirs with `.meta({ bsonType })`; dates are known.
 * @throws Error on what has no such form
 */
export function mongoSchema(schema: z.ZodType): JsonSchema {
  const draft4 = z.toJSONSchema(schema, {
    target: "draft-4",
    reused: "inline",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === "date") (jsonSchema as JsonSchema).bsonType = "date";
    },
  });
  return convert(draft4 as JsonSchema);
}

function convert(schema: JsonSchema): JsonSchema {
  if (schema.$ref !== undefined) throw new Error("recursive schemas have no $jsonSchema form");
  const result: JsonSchema = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (dropped.has(keyword)) continue;
    if (keyword === "type") {
      // A nullable text comes as a list of two types.
      const types = [value as string | string[]].flat().flatMap((type) => bsonTypes[type] ?? []);
      result.bsonType = types.length === 1 ? types[0] : types;
      if (value === "integer") result.multipleOf = 1;
    } else if (keyword === "const") {
      result.enum = [value];
    } else if (nested.one.includes(keyword) && typeof value === "object") {
      result[keyword] = convert(value as JsonSchema);
    } else if (nested.list.includes(keyword)) {
      result[keyword] = (value as JsonSchema[]).map(convert);
    } else if (nested.named.includes(keyword)) {
      result[keyword] = Object.fromEntries(
        Object.entries(value as Record<string, JsonSchema>).map(([name, inner]) => [
          name,
          convert(inner),
        ]),
      );
    } else {
      result[keyword] = value;
    }
  }
  return result;
}
