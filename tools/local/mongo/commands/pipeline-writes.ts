/** Where `$merge` and `$out` end: the evaluated documents go into a collection. */
import type { MergeWrite, PipelineWrite } from "../context.ts";
import { fail } from "../errors.ts";
import type { Collection } from "../storage/collection.ts";
import { type Doc, isDoc } from "../values/codec.ts";
import type { Request } from "./command.ts";
import { fullName } from "./namespace.ts";
import { planQuery } from "./query.ts";
import { insertDocument, replaceDocument, type Target } from "./statements.ts";
import { refuseView } from "./views.ts";

/**
 * Carries out one writing stage, or one portion of a `$merge`, as one journal record.
 * @throws ServerError of the first failure: portions before it stay written, as MongoDB says of `$merge`.
 */
export const writePipelineResult = (
  request: Request,
  bypassValidation: boolean,
  stage: PipelineWrite,
): void => {
  const { database, collection } = stage.target;
  const namespace = fullName(database ?? request.db, collection);
  const target: Target = { request, namespace, bypassValidation };
  const { store } = request.server;
  refuseView(store.collection(namespace));
  if (stage.kind === "merge") {
    checkUnique(stage.on, store.collection(namespace));
    // All of the input is read before anything changes: it may come from the same collection.
    const writes = [...stage.docs];
    store.batch(() => {
      for (const write of writes) merge(target, write);
    });
  } else {
    const docs = [...stage.docs];
    store.batch(() => replaceCollection(target, docs));
  }
};

const merge = (target: Target, { filter, insert, update }: MergeWrite): void => {
  const { now, server } = target.request;
  const collection = server.store.collection(target.namespace);
  const [existing] = planQuery(collection, { filter, limit: 1 }, { now }).run();
  if (collection && existing) {
    const after = update(existing);
    if (after !== existing) replaceDocument(target, collection, existing, after);
    return;
  }
  const doc = insert();
  if (doc) insertDocument(target, doc);
};

/** The fields of `on` must be those of a unique index, or several documents could be meant. */
const checkUnique = (on: string[], collection: Collection | undefined): void => {
  const wanted = [...on].sort().join();
  const covers = ({ spec }: { spec: Doc }) =>
    (spec.unique === true || (isDoc(spec.key) && Object.keys(spec.key).join() === "_id")) &&
    spec.partialFilterExpression === undefined &&
    isDoc(spec.key) &&
    Object.keys(spec.key).sort().join() === wanted;
  if (wanted !== "_id" && !collection?.indexes.some(covers)) {
    fail(51183, "Cannot find index to verify that join fields will be unique");
  }
};

/** `$out` keeps the options and indexes of the collection it replaces. */
const replaceCollection = (target: Target, docs: Doc[]): void => {
  const { store, cursors } = target.request.server;
  const before = store.collection(target.namespace);
  const specs = (before?.indexes ?? [])
    .map(({ spec }) => spec)
    .filter(({ name }) => name !== "_id_");
  store.drop(target.namespace);
  cursors.closeNamespace(target.namespace);
  const collection = store.create(target.namespace, { ...before?.options });
  for (const spec of specs) collection.createIndex(spec);
  for (const doc of docs) insertDocument(target, doc);
};
