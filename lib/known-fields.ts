import type * as z from "zod";

/**
 * Reads what a later release may have stored: fields that a strict schema does not know are left
 * out, wherever they are, or going back to this release would be an outage.
 * @throws ZodError for anything else that is wrong
 */
export function parseKnown<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  let known = value;
  for (const issue of result.error.issues) {
    if (issue.code !== "unrecognized_keys") throw result.error;
    known = without(known, issue.path, issue.keys);
  }
  return parseKnown(schema, known);
}

/** A value without the fields `keys` of what stands in it at a path. */
function without(
  value: unknown,
  [step, ...rest]: readonly PropertyKey[],
  keys: readonly string[],
): unknown {
  if (step === undefined) {
    const fields = Object.entries(value as object).filter(([name]) => !keys.includes(name));
    return Object.fromEntries(fields);
  }
  const inner = without(Reflect.get(value as object, step), rest, keys);
  return Array.isArray(value)
    ? value.with(Number(step), inner)
    : { ...(value as object), [step]: inner };
}
