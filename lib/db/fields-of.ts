import type { Document } from "mongodb";
import type * as z from "zod";

/** Made once for each schema. */
const known = new WeakMap<z.ZodObject, Readonly<Document>>();

/** A projection to the fields of a schema, and to `now`, the server's clock as the statement ran. */
export function fieldsOf(schema: z.ZodObject): Readonly<Document> {
  const made = known.get(schema);
  if (made) return made;
  const fields = Object.freeze({
    ...Object.fromEntries(Object.keys(schema.shape).map((name) => [name, 1])),
    now: "$$NOW",
  });
  known.set(schema, fields);
  return fields;
}
