import * as z from "zod";

const Schema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

const scalars: Record<string, unknown> = {
  string: "example",
  integer: 1,
  number: 1.5,
  boolean: true,
  null: null,
};

/** One value that a JSON Schema allows, always the same; for schemas of the kind that tools have. */
export function sampleOf(schema: unknown): unknown {
  const parsed = Schema.safeParse(schema);
  if (!parsed.success) return {};
  const { type, enum: choices, const: constant, properties, items } = parsed.data;
  if (constant !== undefined) return constant;
  if (choices !== undefined) return choices[0];
  const kind = Array.isArray(type) ? type[0] : type;
  if (kind === "array") return [sampleOf(items)];
  if (kind === undefined || kind === "object") {
    return Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, value]) => [name, sampleOf(value)]),
    );
  }
  return scalars[kind] ?? null;
}
