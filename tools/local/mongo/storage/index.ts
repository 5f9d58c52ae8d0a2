import type { EvaluationContext } from "../context.ts";
import { compileFilter } from "../filter.ts";
import type { Doc, Value } from "../values/codec.ts";
import { createEntries, type Entries } from "./entries.ts";
import { keyRows } from "./index-keys.ts";
import type { IndexSpec } from "./index-spec.ts";
import { orderKey } from "./order-key.ts";

/** One index of a collection, to read; a deferred one is filled when it is first looked at. */
export type Index = IndexSpec & {
  /** For each field, whether some document has held an array on its path. */
  readonly multikey: readonly boolean[];
  readonly entries: Pick<Entries, "size" | "range" | "first">;
};

/** The same index, for its collection to maintain. */
export type WritableIndex = Index & {
  /** The top-level fields of a document that decide its keys. */
  readonly needs: ReadonlySet<string>;
  /** The keys `doc` has here, each once; none if the index leaves it out. Throws CannotIndexParallelArrays. */
  keysOf(doc: Doc): string[];
  /** For a unique index: the values of `doc` that another record than `id` has already. */
  conflict(doc: Doc, keys: readonly string[], id: number): (Value | undefined)[] | undefined;
  /** Nothing happens while the index is deferred: it will be filled with what is there by then. */
  add(keys: readonly string[], id: number): void;
  remove(keys: readonly string[], id: number): void;
  /** Fills an empty index in one go. */
  loader(): IndexLoader;
  /** Leaves an empty index to be filled by `fill` when it is needed. */
  defer(fill: () => void): void;
};

type IndexLoader = {
  add(keys: readonly string[], id: number): void;
  /** Returns a record whose key another one has too, if the index is unique. */
  finish(): number | undefined;
};

const noContext: EvaluationContext = { now: new Date(0) };

export function createIndex(spec: IndexSpec): WritableIndex {
  const entries = createEntries();
  const paths = spec.fields.map((field) => field.path.split("."));
  const directions = spec.fields.map((field) => field.direction);
  const multikey = paths.map(() => false);
  const covers = spec.partial ? compileFilter(spec.partial, noContext) : () => true;
  let fill: (() => void) | undefined;

  function ready(): void {
    const pending = fill;
    if (pending === undefined) return;
    fill = undefined;
    try {
      pending();
    } catch (error) {
      fill = pending;
      throw error;
    }
  }

  const toKey = (row: readonly (Value | undefined)[]): string =>
    orderKey(row, directions, spec.collation);

  function keysOf(doc: Doc): string[] {
    if (!covers(doc)) return [];
    const { rows, multikey: seen, absent } = keyRows(doc, paths);
    if (spec.sparse && absent) return [];
    seen.forEach((isMultikey, i) => {
      if (isMultikey) multikey[i] = true;
    });
    const [only] = rows;
    if (only && rows.length === 1) return [toKey(only)];
    return [...new Set(rows.map(toKey))];
  }

  return {
    ...spec,
    get multikey() {
      ready();
      return multikey;
    },
    get entries() {
      ready();
      return entries;
    },
    needs: new Set([...paths.map(([head = ""]) => head), ...fieldsOf(spec.partial ?? {})]),
    keysOf,
    conflict(doc, keys, id) {
      if (!spec.unique) return undefined;
      ready();
      const taken = keys.find((key) => (entries.first(key) ?? id) !== id);
      if (taken === undefined) return undefined;
      return keyRows(doc, paths).rows.find((row) => toKey(row) === taken);
    },
    add(keys, id) {
      if (fill === undefined) for (const key of keys) entries.add(key, id);
    },
    remove(keys, id) {
      if (fill === undefined) for (const key of keys) entries.remove(key, id);
    },
    defer(how) {
      fill = how;
    },
    loader() {
      const keys: string[] = [];
      const owners: number[] = [];
      return {
        add(docKeys, id) {
          for (const key of docKeys) {
            keys.push(key);
            owners.push(id);
          }
        },
        finish() {
          entries.load(keys, owners);
          return spec.unique ? entries.repeated() : undefined;
        },
      };
    },
  };
}

/** The top-level fields a partial index's filter looks at. */
function fieldsOf(filter: Doc): string[] {
  return Object.entries(filter).flatMap(([name, condition]) =>
    name.startsWith("$") && Array.isArray(condition)
      ? condition.flatMap((part) => fieldsOf(part as Doc))
      : [name.split(".")[0] ?? ""],
  );
}
