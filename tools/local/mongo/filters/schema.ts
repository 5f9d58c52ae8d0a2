import { fail } from "../errors.ts";
import type { Doc } from "../values/codec.ts";

/** Compiles a schema into a check that returns the rules not satisfied, or undefined. */
export function compileSchema(_schema: Doc): (doc: Doc) => Doc[] | undefined {
  return fail("NotImplemented", "$jsonSchema");
}
