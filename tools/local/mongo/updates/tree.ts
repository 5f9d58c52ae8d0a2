import { fail } from "../errors.ts";
import type { Value } from "../values/codec.ts";
import { isIndex } from "../values/paths.ts";

/** What one modifier does to the value at its path; `undefined` removes or leaves it missing. */
export type Modifier = {
  apply(value: Value | undefined, place: Place): Value | undefined;
  /** Whether a missing field (and the documents above it) is made; `$unset` and the like make none. */
  creates: boolean;
};

/** Where a modifier is applied. */
export type Place = { path: string; inserting: boolean };

/** The modifiers of one update by path: each path has a modifier or children, never both. */
export type Tree = { modifier?: Modifier; children: Map<string, Tree> };

export const emptyTree = (): Tree => ({ children: new Map() });

/** Adds a modifier. Throws ConflictingUpdateOperators where two of them meet on one path. */
export function addModifier(tree: Tree, path: string[], modifier: Modifier): void {
  let node = tree;
  for (const [depth, name] of path.entries()) {
    if (node.modifier) conflict(path, depth);
    let child = node.children.get(name);
    if (!child) {
      child = emptyTree();
      node.children.set(name, child);
    }
    node = child;
  }
  if (node.modifier || node.children.size > 0) conflict(path, path.length);
  node.modifier = modifier;
}

/** MongoDB makes new fields in the order of their names, numbers by size, whatever the order given. */
export function sortTree(tree: Tree): void {
  if (tree.children.size > 1) {
    tree.children = new Map([...tree.children].sort(([a], [b]) => compareNames(a, b)));
  }
  for (const child of tree.children.values()) sortTree(child);
}

function compareNames(a: string, b: string): number {
  if (isIndex(a) && isIndex(b)) return Number(a) - Number(b);
  return a < b ? -1 : 1;
}

function conflict(path: string[], depth: number): never {
  return fail(
    "ConflictingUpdateOperators",
    `Updating the path '${path.join(".")}' would create a conflict at '${path.slice(0, depth).join(".")}'`,
  );
}
