import { fail } from "../errors.ts";
import { type Doc, decode, encode, type Value } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import type { Arena } from "./arena.ts";
import type { Changes } from "./changes.ts";
import type { CollectionOptions, StoredCollection } from "./collection.ts";
import { createDocuments } from "./documents.ts";
import { createIndex, type WritableIndex } from "./index.ts";
import { createIndexSet, type SetKeys } from "./index-set.ts";
import { parseIndexSpec } from "./index-spec.ts";
import { orderKey } from "./order-key.ts";
import { createPicker } from "./pick.ts";
import type { Recent } from "./recent.ts";
import { storedForm } from "./stored-form.ts";

export type CollectionParts = {
  namespace: string;
  number: number;
  uuid: Uint8Array;
  options: CollectionOptions;
  arena: Arena;
  recent: Recent;
  changes: Changes;
};

const pickId = createPicker(["_id"]);
const noKeys: SetKeys = [];
/** A record id that none has. */
const nobody = -1;

export function createCollection(parts: CollectionParts): StoredCollection {
  const { namespace, number, uuid, arena, recent, changes } = parts;
  const documents = createDocuments(arena, recent);
  const indexes = createIndexSet(namespace);
  let { options } = parts;

  const idKey = (id: Value | undefined): string => orderKey([id]);
  const keysAt = (record: number, key: string): SetKeys =>
    indexes.keysOf(indexes.pick(documents.bytes(record)), key);

  function recordOf(doc: Doc): { key: string; record: number } {
    const key = idKey(doc._id);
    const record = documents.find(key);
    if (record === undefined) {
      throw new RangeError(`${namespace} has no document ${describe(doc._id)}`);
    }
    return { key, record };
  }

  function insert(doc: Doc): void {
    const { stored, document, exact } = storedForm(doc);
    const key = idKey(stored._id);
    const keys = indexes.keysOf(stored, key);
    if (documents.find(key) !== undefined) indexes.refuseId(stored._id ?? null);
    indexes.refuseDuplicates(stored, keys, nobody);
    const record = documents.add(key, document, exact ? stored : undefined);
    indexes.move(record, noKeys, keys);
    changes.note({
      operation: { kind: "put", collection: number, document },
      undo() {
        indexes.move(record, keys, noKeys);
        documents.release(documents.remove(key, record));
      },
    });
  }

  function replace(before: Doc, after: Doc): void {
    const { key, record } = recordOf(before);
    const { stored, document, exact } = storedForm(after);
    if (idKey(stored._id) !== key) fail("ImmutableField", "the _id of a document can't change");
    const { oldKeys, keys } = documents.isCurrent(record, before)
      ? indexes.changedKeys(before, stored)
      : { oldKeys: keysAt(record, key), keys: indexes.keysOf(stored, key) };
    indexes.refuseDuplicates(stored, keys, record);
    const old = documents.replace(record, document, exact ? stored : undefined);
    indexes.move(record, oldKeys, keys);
    changes.note({
      operation: { kind: "put", collection: number, document },
      undo() {
        indexes.move(record, keys, oldKeys);
        documents.restore(key, record, old);
      },
      done: () => documents.release(old),
    });
  }

  function remove(doc: Doc): void {
    const { key, record } = recordOf(doc);
    const keys = keysAt(record, key);
    const old = documents.remove(key, record);
    indexes.move(record, keys, noKeys);
    changes.note({
      operation: { kind: "remove", collection: number, document: encode({ _id: doc._id ?? null }) },
      undo() {
        documents.restore(key, record, old);
        indexes.move(record, noKeys, keys);
      },
      done: () => documents.release(old),
    });
  }

  const load = (index: WritableIndex): void =>
    indexes.load(index, documents.records(), documents.bytes);

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

  indexes.list[0]?.defer(() => {
    const loader = indexes.list[0]?.loader();
    for (const [key, record] of documents.idKeys()) loader?.add([key], record);
    loader?.finish();
  });

  return {
    namespace,
    uuid,
    number,
    get options() {
      return options;
    },
    get count() {
      return documents.count;
    },
    get size() {
      return documents.size;
    },
    get indexes() {
      return indexes.list;
    },
    insert,
    replace,
    remove,
    byId(id) {
      const record = documents.find(idKey(id));
      return record === undefined ? undefined : documents.readOften(record);
    },
    at: (record) => (documents.has(record) ? documents.read(record) : undefined),
    recordIds: documents.records,
    *scan() {
      for (const record of documents.records()) yield documents.read(record);
    },
    createIndex(spec) {
      const index = indexes.wanted(spec);
      if (index === undefined) return { created: false };
      load(index);
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
      for (const record of documents.records()) yield documents.bytes(record);
    },
    indexSpecs,
    redo(kind, document) {
      if (kind === "put") {
        const key = idKey(pickId(document)._id);
        const record = documents.find(key);
        if (record === undefined) documents.add(key, document);
        else documents.release(documents.replace(record, document));
      } else if (kind === "remove") {
        // A snapshot may have been taken after the document went, and the record of that follows it.
        const key = idKey(decode(document)._id);
        const record = documents.find(key);
        if (record !== undefined) documents.release(documents.remove(key, record));
      } else if (kind === "modify") {
        options = decode(Buffer.from(document)).options as CollectionOptions;
      } else if (kind === "indexes") {
        const specs = decode(Buffer.from(document)).specs as Doc[];
        const restored = specs.map((spec) => createIndex(parseIndexSpec(spec)));
        for (const index of restored) index.defer(() => load(index));
        indexes.assign([...indexes.list.slice(0, 1), ...restored]);
      }
    },
    forget() {
      for (const [key, record] of [...documents.idKeys()]) {
        documents.release(documents.remove(key, record));
      }
    },
  };
}
