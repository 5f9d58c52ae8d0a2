/** Databases and collections: made, listed, changed and dropped. */
import { Binary, Int32 } from "bson";
import { fail } from "../errors.ts";
import { compileFilter } from "../filter.ts";
import type { Collection, CollectionOptions } from "../storage/collection.ts";
import type { CollectionChanges } from "../storage/store.ts";
import { compileValidator } from "../validator.ts";
import { type Doc, toNumber, type Value } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { command, type Request } from "./command.ts";
import {
  bool,
  ignored,
  number,
  object,
  optional,
  parseFields,
  refused,
  required,
  text,
  withDefault,
} from "./fields.ts";
import { findIndex } from "./find-index.ts";
import { collectionName, fullName, newCollectionName } from "./namespace.ts";
import { batchSizeOf } from "./query.ts";

const LEVELS = ["off", "moderate", "strict"];
const ACTIONS = ["warn", "error"];

const oneOf =
  (allowed: readonly string[]) =>
  (value: Value, path: string): string => {
    const given = text(value, path);
    return allowed.includes(given)
      ? given
      : fail("BadValue", `Enumeration value '${given}' for field '${path}' is not a valid value.`);
  };

const validation = {
  validator: optional(object),
  validationLevel: optional(oneOf(LEVELS)),
  validationAction: optional(oneOf(ACTIONS)),
};

type Validation = { [K in keyof CollectionOptions]: CollectionOptions[K] | undefined };

/** The options that were given; a validator that can't be compiled is refused here. */
const validationOptions = (given: Validation, request: Request): CollectionOptions => {
  if (given.validator) compileValidator(given.validator, { now: request.now });
  const options: CollectionOptions = {};
  if (given.validator) options.validator = given.validator;
  if (given.validationLevel) options.validationLevel = given.validationLevel;
  if (given.validationAction) options.validationAction = given.validationAction;
  return options;
};

const create = command({
  name: "create",
  writes: true,
  fields: {
    create: required(newCollectionName),
    ...validation,
    idIndex: ignored,
    capped: refused,
    timeseries: refused,
    viewOn: refused,
    collation: refused,
    clusteredIndex: refused,
    changeStreamPreAndPostImages: refused,
    encryptedFields: refused,
  },
  run: (args, request) => {
    const { store } = request.server;
    const namespace = fullName(request.db, args.create);
    const options = validationOptions(args, request);
    const existing = store.collection(namespace);
    if (!existing) store.create(namespace, options);
    else if (Object.keys(options).length > 0 || Object.keys(existing.options).length > 0) {
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
    const nIndexesWas = server.store.collection(namespace)?.indexes.length;
    if (nIndexesWas === undefined) return {};
    server.store.drop(namespace);
    server.cursors.closeNamespace(namespace);
    return { nIndexesWas: new Int32(nIndexesWas), ns: namespace };
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

const describe = (collection: Collection): Doc => ({
  name: collection.namespace.slice(collection.namespace.indexOf(".") + 1),
  type: "collection",
  options: { ...collection.options },
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

const indexFields = {
  name: optional(text),
  keyPattern: optional(object),
  expireAfterSeconds: optional(number),
  hidden: optional(bool),
};

const collMod = command({
  name: "collMod",
  writes: true,
  fields: { collMod: required(collectionName), ...validation, index: optional(object) },
  run: (args, request) => {
    const { store } = request.server;
    const namespace = fullName(request.db, args.collMod);
    const collection = store.collection(namespace);
    if (!collection) return fail("NamespaceNotFound", "ns does not exist");
    const changes: CollectionChanges = validationOptions(args, request);
    const before: Doc = {};
    if (args.index) {
      const { name, keyPattern, expireAfterSeconds, hidden } = parseFields(
        "collMod.index",
        indexFields,
        args.index,
      );
      const index = findIndex(collection, name ?? keyPattern);
      changes.index = { name: index.name };
      if (expireAfterSeconds !== undefined) {
        before.expireAfterSeconds_old = index.spec.expireAfterSeconds ?? null;
        before.expireAfterSeconds_new = integer(expireAfterSeconds);
        changes.index.expireAfterSeconds = expireAfterSeconds;
      }
      if (hidden !== undefined) changes.index.hidden = hidden;
    }
    store.modify(namespace, changes);
    return before;
  },
});

export const collectionCommands = [
  create,
  drop,
  dropDatabase,
  listDatabases,
  listCollections,
  collMod,
];
