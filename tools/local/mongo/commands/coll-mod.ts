import { fail } from "../errors.ts";
import type { CollectionChanges } from "../storage/store.ts";
import type { Doc } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { optionFields, optionsOf } from "./collection-options.ts";
import { command } from "./command.ts";
import { bool, number, object, optional, parseFields, required, text } from "./fields.ts";
import { findIndex } from "./find-index.ts";
import { collectionName, fullName } from "./namespace.ts";

const indexFields = {
  name: optional(text),
  keyPattern: optional(object),
  expireAfterSeconds: optional(number),
  hidden: optional(bool),
};

const collMod = command({
  name: "collMod",
  writes: true,
  fields: { collMod: required(collectionName), ...optionFields, index: optional(object) },
  run: (args, request) => {
    const { store } = request.server;
    const namespace = fullName(request.db, args.collMod);
    const collection = store.collection(namespace);
    if (!collection) return fail("NamespaceNotFound", "ns does not exist");
    const { viewOn, pipeline } = collection.options;
    if (viewOn === undefined && (args.viewOn || args.pipeline)) {
      fail("InvalidOptions", "'viewOn' and 'pipeline' are not options of a collection");
    }
    if (viewOn !== undefined && args.index) fail("InvalidOptions", "a view has no indexes");
    const changes: CollectionChanges = optionsOf(request, args.collMod, {
      ...args,
      viewOn: args.viewOn ?? viewOn,
      pipeline: args.pipeline ?? pipeline,
    });
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

export const collModCommands = [collMod];
