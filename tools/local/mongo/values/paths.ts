import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, type Value } from "./codec.ts";

/** Receives the index, in the outermost array traversed, of the element that matched. */
export type Position = { index: number | undefined };

export type Test = (value: Value | undefined, position: Position | undefined) => boolean;

/**
 * Whether some value at the path passes, with the array rules of MongoDB's queries: documents inside
 * arrays are entered, numeric names also count as indexes, and (`intoLeaf`) an array at the end of the
 * path stands for its elements and then for itself. A missing field is tested as `undefined`.
 */
export function someAt(
  start: Value | undefined,
  path: string[],
  from: number,
  intoLeaf: boolean,
  test: Test,
  position: Position | undefined,
): boolean {
  let value = start;
  let at = from;
  for (; at < path.length && isDoc(value); at += 1) value = getField(value, path[at] ?? "");
  if (!Array.isArray(value)) return test(at < path.length ? undefined : value, position);
  if (at === path.length) return someLeaf(value, intoLeaf, test, position);
  const name = path[at] ?? "";
  const offset = isIndex(name) ? Number(name) : -1;
  for (let index = 0; index < value.length; index += 1) {
    const item = value[index];
    if (
      (isDoc(item) && someAt(item, path, at, intoLeaf, test, position)) ||
      (index === offset &&
        entersOffset(item, path, at + 1) &&
        someAt(item, path, at + 1, intoLeaf, test, position))
    ) {
      if (position) position.index = index;
      return true;
    }
  }
  return false;
}

const entersOffset = (item: Value | undefined, path: string[], at: number): boolean =>
  at === path.length || isDoc(item) || Array.isArray(item);

function someLeaf(
  items: Value[],
  intoLeaf: boolean,
  test: Test,
  position: Position | undefined,
): boolean {
  if (intoLeaf) {
    for (let index = 0; index < items.length; index += 1) {
      if (test(items[index], position)) {
        if (position) position.index = index;
        return true;
      }
    }
  }
  return test(items, position);
}

export const isIndex = (name: string): boolean => /^(0|[1-9][0-9]*)$/.test(name);

/** Every value at a path, by the rules of {@link someAt}: what an index holds for a document. */
export function valuesAt(doc: Doc, path: string[]): (Value | undefined)[] {
  const found: (Value | undefined)[] = [];
  someAt(
    doc,
    path,
    0,
    false,
    (value) => {
      found.push(value);
      return false;
    },
    undefined,
  );
  return found;
}

/** Splits a dotted path. Throws EmptyFieldName where a part is empty. */
export function splitPath(path: string): string[] {
  const parts = path.split(".");
  if (parts.some((part) => part === "")) {
    fail(
      "EmptyFieldName",
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  }
  return parts;
}
