import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { command } from "./command.ts";
import { any, ignored, object, objects, required, withDefault } from "./fields.ts";
import { findIndex } from "./find-index.ts";
import { collectionName, fullName, newCollectionName } from "./namespace.ts";
import { batchSizeOf } from "./query.ts";
import { refuseView } from "./views.ts";

const createIndexes = command({
  name: "createIndexes",
  writes: true,
  fields: {
    createIndexes: required(newCollectionName),
    indexes: required(objects),
    commitQuorum: ignored,
    ignoreUnknownIndexOptions: ignored,
  },
  run: ({ createIndexes: name, indexes }, { db, server: { store } }) => {
    if (indexes.length === 0) fail("BadValue", "Must specify at least one index to create");
    const namespace = fullName(db, name);
    const existing = store.collection(namespace);
    refuseView(existing);
    return store.batch(() => {
      const collection = existing ?? store.create(namespace);
      const before = collection.indexes.length;
      const results = indexes.map((spec) => collection.createIndex(spec));
      return {
        numIndexesBefore: new Int32(before),
        numIndexesAfter: new Int32(collection.indexes.length),
        createdCollectionAutomatically: !existing,
        ...(results.some(({ created }) => created) ? {} : { note: "all indexes already exist" }),
      };
    });
  },
});

const dropIndexes = command({
  name: "dropIndexes",
  aliases: ["deleteIndexes"],
  writes: true,
  fields: { dropIndexes: required(collectionName), index: required(any) },
  run: ({ dropIndexes: name, index: wanted }, { db, server: { store } }) => {
    const namespace = fullName(db, name);
    const collection = store.collection(namespace);
    if (!collection) return fail("NamespaceNotFound", `ns not found ${namespace}`);
    refuseView(collection);
    const before = collection.indexes.length;
    const names =
      wanted === "*"
        ? collection.indexes.map((index) => index.name).filter((each) => each !== "_id_")
        : (Array.isArray(wanted) ? wanted : [wanted]).map(
            (each) => findIndex(collection, each).name,
          );
    store.batch(() => {
      for (const each of names) collection.dropIndex(each);
    });
    return { nIndexesWas: new Int32(before) };
  },
});

const listIndexes = command({
  name: "listIndexes",
  fields: { listIndexes: required(collectionName), cursor: withDefault(object, {}) },
  run: ({ listIndexes: name, cursor }, { db, server, session }) => {
    const namespace = fullName(db, name);
    const collection = server.store.collection(namespace);
    if (!collection) return fail("NamespaceNotFound", `ns does not exist: ${namespace}`);
    refuseView(collection);
    return {
      cursor: server.cursors.open({
        namespace,
        docs: collection.indexes.map(({ spec }) => spec),
        batchSize: batchSizeOf(cursor, "listIndexes.cursor"),
        session: session?.key,
      }),
    };
  },
});

export const indexCommands = [createIndexes, dropIndexes, listIndexes];
