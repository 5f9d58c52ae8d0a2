/** Databases and collections: made, listed and dropped. */
import { Binary, Int32 } from "bson";
import { fail } from "../errors.ts";
import { compileFilter } from "../filter.ts";
import type { Collection } from "../storage/collection.ts";
import { type Doc, toNumber } from "../values/codec.ts";
import { equal } from "../values/compare.ts";
import { integer } from "../values/numbers.ts";
import { optionFields, optionsOf } from "./collection-options.ts";
import { command } from "./command.ts";
import { bool, ignored, object, refused, required, withDefault } from "./fields.ts";
import { collectionName, fullName, newCollectionName } from "./namespace.ts";
import { batchSizeOf } from "./query.ts";
import { isView } from "./views.ts";

const create = command({
  name: "create",
  writes: true,
  fields: {
    create: required(newCollectionName),
    ...optionFields,
    idIndex: ignored,
    capped: refused,
    timeseries: refused,
    collation: refused,
    clusteredIndex: refused,
    changeStreamPreAndPostImages: refused,
    encryptedFields: refused,
  },
  run: (args, request) => {
    const { store } = request.server;
    const namespace = fullName(request.db, args.create);
    const options = optionsOf(request, args.create, args);
    const existing = store.collection(namespace);
    if (!existing) store.create(namespace, options);
    else if (!equal({ ...existing.options }, { ...options })) {
      fail("NamespaceExists", `Collection ${namespace} already exists.`);
    }
    return {};
  },
});

const drop = command({
  name: "drop",
  writes: true,
  fields: { drop: required(collectionName) },
  run: ({ drop: name }, { db, server }) => {
    const namespace = fullName(db, name);
    const collection = server.store.collection(namespace);
    if (!collection) return {};
    const nIndexesWas = new Int32(collection.indexes.length);
    server.store.drop(namespace);
    server.cursors.closeNamespace(namespace);
    return isView(collection) ? { ns: namespace } : { nIndexesWas, ns: namespace };
  },
});

const dropDatabase = command({
  name: "dropDatabase",
  writes: true,
  fields: { dropDatabase: ignored },
  run: (_, { db, server }) => {
    const collections = server.store.list(db);
    for (const { namespace } of collections) server.cursors.closeNamespace(namespace);
    server.store.dropDatabase(db);
    return collections.length > 0 ? { dropped: db } : {};
  },
});

const listDatabases = command({
  name: "listDatabases",
  adminOnly: true,
  fields: {
    listDatabases: ignored,
    filter: withDefault(object, {}),
    nameOnly: withDefault(bool, false),
    authorizedDatabases: ignored,
  },
  run: ({ filter, nameOnly }, { now, server }) => {
    const matches = compileFilter(filter, { now });
    const databases = server.store
      .databases()
      .map(({ name, sizeOnDisk, empty }) => ({ name, sizeOnDisk: integer(sizeOnDisk), empty }))
      .filter(matches);
    if (nameOnly) return { databases: databases.map(({ name }) => ({ name })) };
    const totalSize = databases.reduce((sum, { sizeOnDisk }) => sum + toNumber(sizeOnDisk), 0);
    return {
      databases,
      totalSize: integer(totalSize),
      totalSizeMb: integer(Math.floor(totalSize / 2 ** 20)),
    };
  },
});

const describe = (collection: Collection): Doc => {
  const name = collection.namespace.slice(collection.namespace.indexOf(".") + 1);
  const options = { ...collection.options };
  return isView(collection)
    ? { name, type: "view", options, info: { readOnly: true } }
    : { name, type: "collection", options, ...describeStorage(collection) };
};

const describeStorage = (collection: Collection): Doc => ({
  info: { readOnly: false, uuid: new Binary(collection.uuid, Binary.SUBTYPE_UUID) },
  idIndex: { v: new Int32(2), key: { _id: new Int32(1) }, name: "_id_" },
});

const listCollections = command({
  name: "listCollections",
  fields: {
    listCollections: ignored,
    filter: withDefault(object, {}),
    nameOnly: withDefault(bool, false),
    authorizedCollections: ignored,
    cursor: withDefault(object, {}),
  },
  run: ({ filter, nameOnly, cursor }, { db, now, server, session }) => ({
    cursor: server.cursors.open({
      namespace: fullName(db, "$cmd.listCollections"),
      docs: server.store
        .list(db)
        .map(describe)
        .filter(compileFilter(filter, { now }))
        .map((info) => (nameOnly ? { name: info.name ?? null, type: info.type ?? null } : info)),
      batchSize: batchSizeOf(cursor, "listCollections.cursor"),
      session: session?.key,
    }),
  }),
});

export const collectionCommands = [create, drop, dropDatabase, listDatabases, listCollections];
