import { fail } from "../errors.ts";
import type { Collection } from "../storage/collection.ts";
import type { Index } from "../storage/index.ts";
import { isDoc, type Value } from "../values/codec.ts";
import { equal } from "../values/compare.ts";

/** An index by name or key pattern. @throws ServerError IndexNotFound. */
export const findIndex = (collection: Collection, wanted: Value | undefined): Index => {
  const found = collection.indexes.find(
    ({ name, spec }) => name === wanted || (isDoc(wanted) && equal(spec.key, wanted)),
  );
  if (found) return found;
  return isDoc(wanted)
    ? fail("IndexNotFound", `can't find index with key: ${JSON.stringify(wanted)}`)
    : fail("IndexNotFound", `index not found with name [${wanted}]`);
};
