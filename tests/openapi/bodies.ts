import fc from "fast-check";
import { document } from "./reply-schemas.ts";

/** A schema of the document, as far as bodies are made from it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  format?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

/** Enough to cross every bound of the document but those of long texts. */
const longest = 300;
const most = 4;

const times = fc
  .date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString());

/** Values of one type that a schema allows, patterns and refinements aside. */
function ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
  const {
    minLength = 0,
    maxLength = longest,
    minimum,
    maximum,
    minItems = 0,
    maxItems = most,
  } = schema;
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: minimum ?? -1_000, max: Math.min(maximum ?? 1_000, 2_147_483_647) });
    case "number":
      return fc.double({ min: minimum ?? -1_000, max: maximum ?? 1_000, noNaN: true });
    case "array":
      return fc.array(valuesOf(schema.items ?? {}), {
        minLength: minItems,
        maxLength: Math.max(minItems, Math.min(maxItems, most)),
      });
    case "object":
      return objectsOf(schema);
    default: {
      if (schema.format === "date-time") return times;
      if (schema.format === "email") return fc.emailAddress();
      const bound = Math.max(minLength, Math.min(maxLength, longest));
      return fc.string({ minLength, maxLength: bound, unit: "grapheme" });
    }
  }
}

function objectsOf({
  properties = {},
  required = [],
  additionalProperties,
}: Schema): fc.Arbitrary<object> {
  const named = fc.record(
    Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)]),
    ),
    { requiredKeys: required },
  );
  if (typeof additionalProperties !== "object") return named;
  const others = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), valuesOf(additionalProperties), {
    maxKeys: 2,
  });
  return fc.tuple(others, named).map(([more, own]) => ({ ...more, ...own }));
}

/** Values in the form of a schema of the document; those it bounds by patterns or words may be refused. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return valuesOf(document.components.schemas[name] as Schema);
  }
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(valuesOf));
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length === 0) return fc.jsonValue({ maxDepth: 2 });
  return fc.oneof(...types.map((type) => ofType(type, schema)));
}

/**
 * Bodies near an example: members kept, made anew by the schema, dropped, or made anything, and
 * sometimes one that nobody knows.
 */
export function bodiesNear(example: Record<string, unknown>, schema: Schema): fc.Arbitrary<object> {
  const target =
    schema.$ref === undefined
      ? schema
      : (document.components.schemas[schema.$ref.split("/").at(-1) ?? ""] as Schema);
  const members = Object.entries(target.properties ?? {}).map(([name, member]) => {
    const kept = name in example ? [{ arbitrary: fc.constant(example[name]), weight: 6 }] : [];
    return [
      name,
      fc.oneof(
        ...kept,
        { arbitrary: valuesOf(member), weight: 3 },
        { arbitrary: fc.constant(undefined), weight: name in example ? 1 : 6 },
        { arbitrary: fc.jsonValue({ maxDepth: 2 }), weight: 1 },
      ),
    ];
  });
  const unknown = fc.oneof(
    { arbitrary: fc.constant({}), weight: 9 },
    {
      arbitrary: fc.dictionary(
        fc.string({ minLength: 1, maxLength: 10 }),
        fc.jsonValue({ maxDepth: 1 }),
        { minKeys: 1, maxKeys: 1 },
      ),
      weight: 1,
    },
  );
  return fc
    .tuple(fc.record(Object.fromEntries(members)), unknown)
    .map(([body, more]) => ({ ...more, ...body }));
}
