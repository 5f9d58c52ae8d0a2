import { fail } from "../errors.ts";
import type { Doc, Value } from "../values/codec.ts";
import { describe } from "../values/text.ts";
import { createIndex, type WritableIndex } from "./index.ts";
import {
  equalCoverage,
  equalKeys,
  idIndexSpec,
  isSameIndex,
  parseIndexSpec,
} from "./index-spec.ts";
import { createPicker } from "./pick.ts";

/** The keys of one document in each index of a set, in the set's order; the key of its `_id` first. */
export type SetKeys = readonly (readonly string[])[];

const noKeys: readonly string[] = [];

/** The indexes of one collection. */
export type IndexSet = {
  /** `_id_` first. */
  readonly list: readonly WritableIndex[];
  /** Reads the fields that decide a document's keys. */
  pick(document: Buffer): Doc;
  /** `idKey` is the key of the document's `_id`. */
  keysOf(doc: Doc, idKey: string): SetKeys;
  /** The keys of two versions of a document in those indexes where they may differ; none in the others. */
  changedKeys(before: Doc, after: Doc): { oldKeys: SetKeys; keys: SetKeys };
  /** Throws the DuplicateKey (11000) of `_id_`, which the collection itself watches over. */
  refuseId(id: Value): never;
  /** Throws DuplicateKey (11000) if `doc`, to be stored under `id`, shares the key of a unique index other than `_id_`. */
  refuseDuplicates(doc: Doc, keys: SetKeys, id: number): void;
  /** Moves a record from one set of keys to another. */
  move(id: number, from: SetKeys, to: SetKeys): void;
  /** The index that `spec` asks for, or undefined if it is there. Throws on conflict (85, 86). */
  wanted(spec: Doc): WritableIndex | undefined;
  /** Replaces the list. */
  assign(list: readonly WritableIndex[]): void;
  /** Fills an empty index with all records. Throws DuplicateKey (11000). */
  load(index: WritableIndex, ids: Iterable<number>, read: (id: number) => Buffer): void;
};

export function createIndexSet(namespace: string): IndexSet {
  const idIndex = createIndex({ ...parseIndexSpec(idIndexSpec), unique: true });
  let list: readonly WritableIndex[] = [idIndex];
  let pick = pickerFor(list);

  function refuse(index: WritableIndex, row: readonly (Value | undefined)[] = []): never {
    const keyValue: Doc = {};
    index.fields.forEach(({ path }, i) => {
      keyValue[path] = row[i] ?? null;
    });
    return fail(
      "DuplicateKey",
      `E11000 duplicate key error collection: ${namespace} index: ${index.name} dup key: ${describe(keyValue)}`,
      { keyPattern: index.spec.key ?? {}, keyValue },
    );
  }

  return {
    get list() {
      return list;
    },
    pick: (document) => pick(document),
    keysOf: (doc, idKey) => list.map((index, i) => (i === 0 ? [idKey] : index.keysOf(doc))),
    changedKeys(before, after) {
      const oldKeys: (readonly string[])[] = [];
      const keys: (readonly string[])[] = [];
      for (const [i, index] of list.entries()) {
        const changed = i > 0 && differ(index, before, after);
        oldKeys.push(changed ? index.keysOf(before) : noKeys);
        keys.push(changed ? index.keysOf(after) : noKeys);
      }
      return { oldKeys, keys };
    },
    refuseId: (id) => refuse(idIndex, [id]),
    refuseDuplicates(doc, keys, id) {
      list.forEach((index, i) => {
        if (i === 0) return;
        const row = index.conflict(doc, keys[i] ?? [], id);
        if (row !== undefined) refuse(index, row);
      });
    },
    move(id, from, to) {
      list.forEach((index, i) => {
        const before = from[i] ?? [];
        const after = to[i] ?? [];
        if (before.length === after.length && before.every((key, k) => key === after[k])) return;
        index.remove(before, id);
        index.add(after, id);
      });
    },
    wanted(doc) {
      const spec = parseIndexSpec(doc);
      const same = list.find((index) => isSameIndex(index, spec));
      if (same?.name === spec.name || same?.name === "_id_") return undefined;
      const named = list.find((index) => index.name === spec.name);
      const requested = `Requested index: ${describe(spec.spec)}, existing index: `;
      if (named && equalKeys(named, spec)) {
        fail(
          "IndexOptionsConflict",
          `An equivalent index already exists with the same name but different options. ${requested}${describe(named.spec)}`,
        );
      }
      if (named) {
        fail(
          "IndexKeySpecsConflict",
          "An existing index has the same name as the requested index. When index names are not " +
            "specified, they are auto generated and can cause conflicts. Please refer to our " +
            `documentation. ${requested}${describe(named.spec)}`,
        );
      }
      if (same)
        fail("IndexOptionsConflict", `Index already exists with a different name: ${same.name}`);
      const rival = list.find((index) => equalKeys(index, spec) && equalCoverage(index, spec));
      if (rival) {
        fail(
          "IndexOptionsConflict",
          `An equivalent index already exists with a different name and options. ${requested}${describe(rival.spec)}`,
        );
      }
      return createIndex(spec);
    },
    assign(next) {
      list = next;
      pick = pickerFor(list);
    },
    load(index, ids, read) {
      const pickNeeds = createPicker(index.needs);
      const loader = index.loader();
      for (const id of ids) loader.add(index.keysOf(pickNeeds(read(id))), id);
      const twice = loader.finish();
      if (twice === undefined) return;
      const doc = pickNeeds(read(twice));
      refuse(index, index.conflict(doc, index.keysOf(doc), twice));
    },
  };
}

/** Whether two versions may have different keys: fields that were not touched are the same objects in both. */
function differ({ needs }: WritableIndex, before: Doc, after: Doc): boolean {
  for (const field of needs) if (before[field] !== after[field]) return true;
  return false;
}

const pickerFor = (indexes: readonly WritableIndex[]): ((document: Buffer) => Doc) =>
  createPicker(indexes.flatMap((index) => [...index.needs]));
