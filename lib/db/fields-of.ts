import type { Document } from "mongodb";
import type * as z from "zod";

/** A projection to the fields of a schema, and to `now`, the server's clock as the statement ran. */
export const fieldsOf = (schema: z.ZodObject): Document => ({
  ...Object.fromEntries(Object.keys(schema.shape).map((name) => [name, 1])),
  now: "$$NOW",
});
