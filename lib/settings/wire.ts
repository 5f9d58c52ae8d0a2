import * as z from "zod";

/** `perMinute` as the API writes it: `per_minute`. */
const snake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Rename = "to the wire" | "from the wire";

/**
 * A schema whose objects have the names that the API writes; the keys of records are names of
 * somebody's own and stay. It checks what the schema checks.
 */
export function wireSchema(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries<z.ZodType>(schema.shape);
    return z.strictObject(
      Object.fromEntries(fields.map(([name, inner]) => [snake(name), wireSchema(inner)])),
    );
  }
  if (schema instanceof z.ZodArray) {
    return schema.clone({ ...schema.def, element: wireSchema(schema.element as z.ZodType) });
  }
  if (schema instanceof z.ZodRecord) {
    return schema.clone({ ...schema.def, valueType: wireSchema(schema.valueType as z.ZodType) });
  }
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return wireSchema(schema.def.innerType as z.ZodType).optional();
  }
  return schema;
}

/** A value of a schema with the names that the API writes. */
export const toWire = (schema: z.ZodType, value: unknown): unknown =>
  renamed(schema, value, "to the wire");

/** A value that `wireSchema(schema)` has passed, with the names of the schema. */
export const fromWire = (schema: z.ZodType, value: unknown): unknown =>
  renamed(schema, value, "from the wire");

/** A path of a value in the API. Names of somebody's own hold no capitals. */
export const wirePath = (path: readonly PropertyKey[]): PropertyKey[] =>
  path.map((part) => (typeof part === "string" ? snake(part) : part));

function renamed(schema: z.ZodType, value: unknown, rename: Rename): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return value === undefined
      ? undefined
      : renamed(schema.def.innerType as z.ZodType, value, rename);
  }
  if (schema instanceof z.ZodArray) {
    return (value as unknown[]).map((one) => renamed(schema.element as z.ZodType, one, rename));
  }
  if (schema instanceof z.ZodRecord) {
    const entries = Object.entries(value as object).map(([name, one]) => [
      name,
      renamed(schema.valueType as z.ZodType, one, rename),
    ]);
    return Object.fromEntries(entries);
  }
  if (!(schema instanceof z.ZodObject)) return value;
  const given = new Map(Object.entries(value as object));
  const entries = Object.entries<z.ZodType>(schema.shape).flatMap(([name, inner]) => {
    const [from, to] = rename === "to the wire" ? [name, snake(name)] : [snake(name), name];
    return given.has(from) ? [[to, renamed(inner, given.get(from), rename)]] : [];
  });
  return Object.fromEntries(entries);
}
