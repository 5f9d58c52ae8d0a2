import { fail } from "./errors.ts";
import { type Doc, isDoc, type Value } from "./values/codec.ts";
import type { Collation } from "./values/collation.ts";
import { compare } from "./values/compare.ts";
import { isNumber } from "./values/kinds.ts";
import { toDouble } from "./values/numbers.ts";
import { valuesAt } from "./values/paths.ts";
import { describe } from "./values/text.ts";

type Key = { path: string[]; direction: number };

/**
 * Orders documents as MongoDB's sort does: a missing field counts as null, an array as its least
 * element when ascending and its greatest when descending (an empty one is below null). Throws
 * Location15975 for a direction other than 1 and -1, and for `$meta`.
 */
export function compileSort(spec: Doc, collation?: Collation): (a: Doc, b: Doc) => number {
  const keys = Object.entries(spec).map(([path, direction]) => sortKey(path, direction));
  return (a, b) => {
    for (const key of keys) {
      const order = compare(valueFor(a, key, collation), valueFor(b, key, collation), collation);
      if (order !== 0) return order * key.direction;
    }
    return 0;
  };
}

function sortKey(path: string, value: Value): Key {
  if (isDoc(value)) fail("NotImplemented", `$sort by ${describe(value)} is not supported`);
  const direction = isNumber(value) ? toDouble(value) : 0;
  if (direction !== 1 && direction !== -1) {
    fail(15975, "$sort key ordering must be 1 (for ascending) or -1 (for descending)");
  }
  if (path === "") fail(15998, "FieldPath field names may not be empty strings.");
  return { path: path.split("."), direction };
}

function valueFor(doc: Doc, { path, direction }: Key, collation?: Collation): Value | undefined {
  const [first = ""] = path;
  const simple = path.length === 1 ? doc[first] : undefined;
  if (simple !== undefined && !Array.isArray(simple) && Object.hasOwn(doc, first)) return simple;
  let chosen: Value | undefined;
  let found = false;
  const consider = (candidate: Value | undefined) => {
    if (!found || compare(candidate, chosen, collation) * direction < 0) chosen = candidate;
    found = true;
  };
  for (const value of valuesAt(doc, path)) {
    if (!Array.isArray(value)) consider(value ?? null);
    else if (value.length === 0) consider(undefined);
    else for (const item of value) consider(item);
  }
  return found ? chosen : null;
}
