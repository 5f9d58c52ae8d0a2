import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../values/codec.ts";
import { isIndex } from "../values/paths.ts";
import { describe } from "../values/text.ts";
import type { Modifier, Tree } from "./tree.ts";

/** What a positional path needs to know when it meets an array. */
export type Positions = {
  position: number | undefined;
  /** Tests of `arrayFilters` by identifier. */
  filters: Map<string, (item: Value) => boolean>;
  inserting: boolean;
};

/**
 * Applies a tree of modifiers to a value and returns the new one: the same reference if nothing
 * changed. What is not changed is shared, never copied.
 */
export function applyTree(
  tree: Tree,
  value: Value | undefined,
  path: string,
  positions: Positions,
): Value | undefined {
  if (tree.modifier) {
    return tree.modifier.apply(value, { path, inserting: positions.inserting });
  }
  if (value === undefined) return create(tree, path, positions);
  if (isDoc(value)) return applyToDoc(tree, value, path, positions);
  if (Array.isArray(value)) return applyToArray(tree, value, path, positions);
  if (creates(tree)) notViable(tree, value, path);
  return value;
}

function create(tree: Tree, path: string, positions: Positions): Value | undefined {
  for (const name of tree.children.keys()) {
    if (isPositional(name)) {
      if (name === "$") resolvePosition(positions);
      fail(
        "BadValue",
        `The path '${join(path, name)}' must exist in the document in order to apply array updates.`,
      );
    }
  }
  const made = applyToDoc(tree, {}, path, positions);
  return Object.keys(made).length === 0 && !creates(tree) ? undefined : made;
}

function applyToDoc(tree: Tree, doc: Doc, path: string, positions: Positions): Doc {
  let result = doc;
  for (const [key, child] of tree.children) {
    if (key !== "$" && isPositional(key)) {
      fail("BadValue", `Cannot apply array updates to non-array element ${describe(doc)}`);
    }
    const name = key === "$" ? String(resolvePosition(positions)) : key;
    const before = getField(result, name);
    const after = applyTree(child, before, join(path, name), positions);
    if (after === before) continue;
    if (result === doc) result = { ...doc };
    if (after === undefined) delete result[name];
    else setField(result, name, after);
  }
  return result;
}

/** MongoDB's bound on the nulls it fills in to reach an index. */
const mostPadding = 1_500_000;

function applyToArray(tree: Tree, items: Value[], path: string, positions: Positions): Value[] {
  let result = items;
  const touched = new Map<number, Tree>();
  for (const [key, child] of tree.children) {
    for (const index of indexesOf(key, child, items, path, positions)) {
      const before = result[index];
      if (index > result.length + mostPadding) {
        fail("BadValue", `can't backfill more than ${mostPadding} elements`);
      }
      const other = touched.get(index);
      if (other && (other.modifier || child.modifier)) {
        fail(
          "ConflictingUpdateOperators",
          `Update created a conflict at '${join(path, String(index))}'`,
        );
      }
      touched.set(index, child);
      const after = applyTree(child, before, join(path, String(index)), positions);
      if (after === before) continue;
      if (result === items) result = [...items];
      while (result.length < index) result.push(null);
      // An element that is unset leaves null, so that the others keep their places.
      result[index] = after ?? null;
    }
  }
  return result;
}

function indexesOf(
  key: string,
  child: Tree,
  items: Value[],
  path: string,
  positions: Positions,
): number[] {
  if (key === "$") return [resolvePosition(positions)];
  if (key === "$[]") return [...items.keys()];
  if (isPositional(key)) {
    const test = positions.filters.get(key.slice(2, -1));
    return [...items.keys()].filter((index) => test?.(items[index] ?? null));
  }
  if (isIndex(key)) return [Number(key)];
  if (creates(child)) notViable({ children: new Map([[key, child]]) }, items, path);
  return [];
}

function resolvePosition({ position }: Positions): number {
  if (position !== undefined) return position;
  return fail("BadValue", "The positional operator did not find the match needed from the query.");
}

export const isPositional = (name: string): boolean =>
  name === "$" || (name.startsWith("$[") && name.endsWith("]"));

const isCreating = (modifier: Modifier | undefined): boolean => modifier?.creates === true;

const creates = (tree: Tree): boolean =>
  isCreating(tree.modifier) || [...tree.children.values()].some(creates);

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

function notViable(tree: Tree, value: Value, path: string): never {
  const name = [...tree.children].find(([, child]) => creates(child))?.[0] ?? "";
  const last = path.split(".").at(-1) ?? "";
  return fail(
    "PathNotViable",
    `Cannot create field '${name}' in element {${last}: ${describe(value)}}`,
  );
}
