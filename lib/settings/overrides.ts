import { isDeepStrictEqual } from "node:util";

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `base` with the fields that `changes` names put in, objects field by field, anything else whole; `undefined` changes nothing, `null` takes a field away. */
export function overridden(base: Tree, changes: Tree): Tree {
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const old = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isTree(old) && isTree(value) ? overridden(old, value) : value);
  }
  return Object.fromEntries(merged);
}

/** The least that makes `wanted` of `base`: `overridden(base, differences(base, wanted))` is `wanted`. */
export function differences(base: Tree, wanted: Tree): Tree {
  const found: [string, unknown][] = Object.keys(base)
    .filter((key) => !Object.hasOwn(wanted, key))
    .map((key) => [key, null]);
  for (const [key, value] of Object.entries(wanted)) {
    const old = Object.hasOwn(base, key) ? base[key] : undefined;
    if (!isTree(old) || !isTree(value)) {
      if (!isDeepStrictEqual(old, value)) found.push([key, value]);
      continue;
    }
    const inner = differences(old, value);
    if (Object.keys(inner).length > 0) found.push([key, inner]);
  }
  return Object.fromEntries(found);
}
