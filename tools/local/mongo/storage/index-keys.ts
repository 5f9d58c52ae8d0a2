import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, type Value } from "../values/codec.ts";

/** What a document gives to the fields of an index: one row of values for each key; `undefined` is an empty array. */
export type KeyRows = {
  rows: (Value | undefined)[][];
  /** For each field, whether its path went through an array. */
  multikey: boolean[];
  /** Whether none of the fields exists in the document. */
  absent: boolean;
};

/** How far the path of one field has been followed. */
type Trail = {
  value: Value | undefined;
  path: readonly string[];
  depth: number;
  /** The value is itself an element of an array just opened: an array inside an array isn't. */
  inArray: boolean;
};

const isPosition = (name: string): boolean => /^(0|[1-9]\d*)$/.test(name);

/** Follows a path to its end or to the next array that gives several keys. */
function follow(trail: Trail): Trail {
  let { value, depth, inArray } = trail;
  const { path } = trail;
  for (; value !== undefined; depth += 1) {
    const name = path[depth];
    if (name === undefined) break;
    if (isDoc(value)) value = getField(value, name);
    else if (Array.isArray(value) && isPosition(name)) value = value[Number(name)];
    else if (Array.isArray(value) && !inArray) break;
    else value = undefined;
    inArray = false;
  }
  return { value, path, depth, inArray };
}

const isOpenArray = (trail: Trail): trail is Trail & { value: Value[] } =>
  Array.isArray(trail.value) && !trail.inArray;

/**
 * The values of the paths in `doc` as MongoDB indexes them: each element of an array gives a key, a
 * missing field is null, and fields below the same array stay together element by element.
 * Throws CannotIndexParallelArrays (171) if two different arrays meet in one key.
 */
export function keyRows(doc: Doc, paths: readonly (readonly string[])[]): KeyRows {
  return plainRow(doc, paths) ?? rowsThroughArrays(doc, paths);
}

/** The one row of a document that has no array on any of the paths, as most have none. */
function plainRow(doc: Doc, paths: readonly (readonly string[])[]): KeyRows | undefined {
  const row: Value[] = [];
  const multikey: boolean[] = [];
  let absent = true;
  for (const path of paths) {
    let value: Value | undefined = doc;
    for (const name of path) {
      value = isDoc(value) ? getField(value, name) : undefined;
      if (Array.isArray(value)) return undefined;
    }
    if (value !== undefined) absent = false;
    row.push(value ?? null);
    multikey.push(false);
  }
  return { rows: [row], multikey, absent };
}

function rowsThroughArrays(doc: Doc, paths: readonly (readonly string[])[]): KeyRows {
  const multikey = paths.map(() => false);
  const rows: (Value | undefined)[][] = [];
  let absent = true;

  function expand(trails: Trail[]): void {
    const followed = trails.map(follow);
    const arrays = followed.filter(isOpenArray);
    const [first] = arrays;
    if (first === undefined) {
      if (followed.some(({ value }) => value !== undefined)) absent = false;
      rows.push(followed.map(({ value }) => value ?? null));
      return;
    }
    absent = false;
    if (arrays.some(({ value }) => value !== first.value)) {
      const names = followed.flatMap((t, i) => (isOpenArray(t) ? [paths[i]?.at(-1)] : []));
      fail(
        "CannotIndexParallelArrays",
        `cannot index parallel arrays [${names.at(-1)}] [${names[0]}]`,
      );
    }
    followed.forEach((trail, i) => {
      if (isOpenArray(trail)) multikey[i] = true;
    });
    if (first.value.length === 0) {
      rows.push(
        followed.map((t) =>
          isOpenArray(t) ? (t.depth < t.path.length ? null : undefined) : (t.value ?? null),
        ),
      );
      return;
    }
    for (const value of first.value) {
      expand(
        followed.map((trail) => (isOpenArray(trail) ? { ...trail, value, inArray: true } : trail)),
      );
    }
  }

  expand(paths.map((path) => ({ value: doc, path, depth: 0, inArray: false })));
  return { rows, multikey, absent };
}
