import type { Doc, Value } from "../values/codec.ts";
import { getField, isDoc } from "../values/codec.ts";
import type { Collation } from "../values/collation.ts";
import { keyOf } from "../values/key.ts";

/** The different values of a dotted path; an array on the way stands for each of its items. */
export const distinctValues = (
  docs: Iterable<Doc>,
  path: string,
  collation: Collation | undefined,
): Value[] => {
  const found = new Map<string, Value>();
  const names = path.split(".");
  for (const doc of docs) {
    for (const value of valuesAt(doc, names)) {
      const key = keyOf(value, collation);
      if (!found.has(key)) found.set(key, value);
    }
  }
  return [...found.values()];
};

function* valuesAt(value: Value, names: string[]): Iterable<Value> {
  const [name, ...rest] = names;
  if (name === undefined) {
    if (Array.isArray(value)) yield* value;
    else yield value;
  } else if (Array.isArray(value)) {
    const item = /^\d+$/.test(name) ? value[Number(name)] : undefined;
    if (item !== undefined) yield* valuesAt(item, rest);
    else for (const each of value) if (isDoc(each)) yield* valuesAt(each, names);
  } else if (isDoc(value)) {
    const field = getField(value, name);
    if (field !== undefined) yield* valuesAt(field, rest);
  }
}
