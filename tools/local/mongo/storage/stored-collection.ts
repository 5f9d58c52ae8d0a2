import { fail } from "../errors.ts";
import { type Doc, decode, encode, type Value } from "../values/codec.ts";
import { kindOf } from "../values/kinds.ts";
import { integer } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import type { Arena } from "./arena.ts";
import type { Changes } from "./changes.ts";
import type { CollectionOptions, StoredCollection } from "./collection.ts";
import { createIndex, type WritableIndex } from "./index.ts";
import { createIndexSet, type SetKeys } from "./index-set.ts";
import { parseIndexSpec } from "./index-spec.ts";
import { orderKey } from "./order-key.ts";
import { pick } from "./pick.ts";
import { createRecords } from "./records.ts";

export type CollectionParts = {
  namespace: string;
  number: number;
  uuid: Uint8Array;
  options: CollectionOptions;
  arena: Arena;
  changes: Changes;
};

const idOnly: ReadonlySet<string> = new Set(["_id"]);
const noKeys: SetKeys = [];
/** A record id that none has. */
const nobody = -1;

export function createCollection(parts: CollectionParts): StoredCollection {
  const { namespace, number, uuid, arena, changes } = parts;
  const records = createRecords();
  /** Record ids by the key of the `_id`. */
  const ids = new Map<string, number>();
  const indexes = createIndexSet(namespace);
  let { options } = parts;
  let size = 0;

  const idKey = (id: Value | undefined): string => orderKey([id]);
  const bytesAt = (record: number): Buffer => arena.read(records.at(record));
  const keyFields = (record: number): Doc => pick(bytesAt(record), indexes.needs);
  // A copy, because decoded binary values are views and the block may be used again.
  const read = (record: number): Doc => decode(Buffer.from(bytesAt(record)));

  /** Puts a block under a record id and returns the one that was there, for the caller to release. */
  function place(record: number, address: number): number {
    const old = records.at(record);
    if (old !== 0) size -= arena.length(old);
    if (address !== 0) size += arena.length(address);
    records.set(record, address);
    return old;
  }

  function releaseFrom(record: number): void {
    arena.release(place(record, 0));
  }

  function recordOf(doc: Doc): { key: string; record: number } {
    const key = idKey(doc._id);
    const record = ids.get(key);
    if (record === undefined)
      throw new RangeError(`${namespace} has no document ${describe(doc._id)}`);
    return { key, record };
  }

  function insert(doc: Doc): void {
    refuseBadId(doc._id);
    const stored = idFirst(doc);
    const document = encode(stored);
    const keys = indexes.keysOf(stored);
    const key = idKey(stored._id);
    indexes.refuseDuplicates(stored, keys, nobody);
    const record = records.add(0);
    place(record, arena.store(document));
    ids.set(key, record);
    indexes.move(record, noKeys, keys);
    changes.note({
      operation: { kind: "put", collection: number, document },
      undo() {
        indexes.move(record, keys, noKeys);
        ids.delete(key);
        releaseFrom(record);
      },
    });
  }

  function replace(before: Doc, after: Doc): void {
    const { record } = recordOf(before);
    const stored = idFirst(after);
    const document = encode(stored);
    const oldKeys = indexes.keysOf(keyFields(record));
    const keys = indexes.keysOf(stored);
    indexes.refuseDuplicates(stored, keys, record);
    const old = place(record, arena.store(document));
    indexes.move(record, oldKeys, keys);
    changes.note({
      operation: { kind: "put", collection: number, document },
      undo() {
        indexes.move(record, keys, oldKeys);
        arena.release(place(record, old));
      },
      done: () => arena.release(old),
    });
  }

  function remove(doc: Doc): void {
    const { key, record } = recordOf(doc);
    const keys = indexes.keysOf(keyFields(record));
    const old = place(record, 0);
    ids.delete(key);
    indexes.move(record, keys, noKeys);
    changes.note({
      operation: { kind: "remove", collection: number, document: encode({ _id: doc._id ?? null }) },
      undo() {
        place(record, old);
        ids.set(key, record);
        indexes.move(record, noKeys, keys);
      },
      done: () => arena.release(old),
    });
  }

  const loadIndex = (index: WritableIndex): void =>
    indexes.load(index, records.ids(), (record) => pick(bytesAt(record), index.needs));

  /** Sets the list of indexes and notes it. */
  function setIndexes(next: readonly WritableIndex[]): void {
    const before = indexes.list;
    indexes.assign(next);
    changes.note({
      operation: { kind: "indexes", collection: number, document: encode({ specs: indexSpecs() }) },
      undo: () => indexes.assign(before),
    });
  }

  const indexSpecs = (): Doc[] => indexes.list.slice(1).map((index) => index.spec);

  function indexNamed(name: string): WritableIndex {
    const index = indexes.list.find((candidate) => candidate.name === name);
    return index ?? fail("IndexNotFound", `index not found with name [${name}]`);
  }

  return {
    namespace,
    uuid,
    number,
    get options() {
      return options;
    },
    get count() {
      return ids.size;
    },
    get size() {
      return size;
    },
    get indexes() {
      return indexes.list;
    },
    insert,
    replace,
    remove,
    byId(id) {
      const record = ids.get(idKey(id));
      return record === undefined ? undefined : read(record);
    },
    at: (record) => (records.at(record) === 0 ? undefined : read(record)),
    recordIds: records.ids,
    *scan() {
      for (const record of records.ids()) yield read(record);
    },
    createIndex(spec) {
      const index = indexes.wanted(spec);
      if (index === undefined) return { created: false };
      loadIndex(index);
      setIndexes([...indexes.list, index]);
      return { created: true };
    },
    dropIndex(name) {
      if (name === "_id_") fail("InvalidOptions", "cannot drop _id index");
      const index = indexNamed(name);
      setIndexes(indexes.list.filter((other) => other !== index));
    },
    modify(next) {
      const before = options;
      options = next;
      changes.note({
        operation: { kind: "modify", collection: number, document: encode({ options }) },
        undo() {
          options = before;
        },
      });
    },
    modifyIndex({ name, ...given }) {
      const old = indexNamed(name);
      const spec: Doc = { ...old.spec };
      if (given.expireAfterSeconds !== undefined) {
        spec.expireAfterSeconds = integer(given.expireAfterSeconds);
      }
      if (given.hidden === true) spec.hidden = true;
      else if (given.hidden === false) delete spec.hidden;
      // Descriptions only: entries and multikey marks stay the same objects.
      const changed: WritableIndex = { ...old, ...given, spec };
      setIndexes(indexes.list.map((index) => (index === old ? changed : index)));
    },
    *contents() {
      for (const record of records.ids()) yield bytesAt(record);
    },
    indexSpecs,
    redo(kind, document) {
      if (kind === "put") {
        const key = idKey(pick(document, idOnly)._id);
        const record = ids.get(key);
        const address = arena.store(document);
        if (record !== undefined) {
          arena.release(place(record, address));
        } else {
          const added = records.add(0);
          place(added, address);
          ids.set(key, added);
        }
      } else if (kind === "remove") {
        // A snapshot may have been taken after the document went, and the record of that follows it.
        const key = idKey(decode(document)._id);
        const record = ids.get(key);
        if (record === undefined) return;
        ids.delete(key);
        releaseFrom(record);
      } else if (kind === "modify") {
        options = decode(Buffer.from(document)).options as CollectionOptions;
      } else if (kind === "indexes") {
        const specs = decode(Buffer.from(document)).specs as Doc[];
        indexes.assign([...indexes.list.slice(0, 1), ...specs.map(toIndex)]);
      }
    },
    reindex() {
      for (const index of indexes.list) loadIndex(index);
    },
    forget() {
      for (const record of records.ids()) releaseFrom(record);
    },
  };
}

const toIndex = (spec: Doc): WritableIndex => createIndex(parseIndexSpec(spec));

function refuseBadId(id: Value | undefined): void {
  if (Array.isArray(id) || kindOf(id) === "regex" || id === undefined) {
    fail("InvalidIdField", `The '_id' value cannot be of type ${kindOf(id)}`);
  }
}

/** MongoDB stores `_id` before all other fields. */
const idFirst = (doc: Doc): Doc =>
  Object.keys(doc)[0] === "_id" ? doc : { _id: doc._id ?? null, ...doc };
