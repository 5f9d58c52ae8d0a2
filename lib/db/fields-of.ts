import type { Document } from "mongodb";
import type * as z from "zod";

const known = new WeakMap<z.ZodObject, Document>();

/** A projection to the fields of a schema, and to `now`, the server's clock as the statement ran. */
export function fieldsOf(schema: z.ZodObject): Document {
  const fields = known.get(schema) ?? {
    ...Object.fromEntries(Object.keys(schema.shape).map((name) => [name, 1])),
    now: "$$NOW",
  };
  known.set(schema, fields);
  return fields;
}
