/** The single statements that write commands are made of, each on the documents of one collection. */
import { ObjectId, Timestamp } from "bson";
import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import type { WriteOutcome } from "../sessions.ts";
import type { Collection } from "../storage/collection.ts";
import { compileUpdate } from "../update.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import type { Request } from "./command.ts";
import { newCollectionName } from "./namespace.ts";
import { planQuery } from "./query.ts";
import type { Update as UpdateArgument } from "./update-argument.ts";
import { checkDocument } from "./validation.ts";
import { refuseView } from "./views.ts";

/** Where a statement writes. */
export type Target = {
  request: Request;
  /** `database.collection` */
  namespace: string;
  bypassValidation: boolean;
};

type Selection = {
  filter: Doc;
  sort?: Doc | undefined;
  hint?: Doc | string | undefined;
  context: EvaluationContext;
};

export type UpdateStatement = Selection & {
  update: UpdateArgument;
  arrayFilters?: Doc[] | undefined;
  multi: boolean;
  upsert: boolean;
  /** Keep the document as it was or as it became, for findAndModify. */
  image?: "before" | "after";
};

export type DeleteStatement = Selection & { multi: boolean; image?: "before" };

/** @throws ServerError DuplicateKey, DocumentValidationFailure, or for what can't be stored. */
export const insertDocument = (target: Target, doc: Doc): WriteOutcome => {
  insertStored(target, doc);
  return { n: 1 };
};

/** Inserts and returns the document as it is stored. */
const insertStored = (target: Target, doc: Doc): Doc => {
  const stored = stamped(withId(doc), target.request.server.clock.next);
  checkId(stored._id);
  const collection = openCollection(target);
  checkDocument(target, collection.options, stored);
  collection.insert(stored);
  return stored;
};

/** @throws ServerError for an update that can't be applied to one of the documents. */
export const updateDocuments = (target: Target, statement: UpdateStatement): WriteOutcome => {
  const { request } = target;
  const { filter, context, multi, arrayFilters } = statement;
  const replaces = isReplacement(statement.update);
  if (multi && replaces) {
    fail("FailedToParse", "multi update is not supported for replacement-style update");
  }
  const update = compileUpdate(
    statement.update,
    arrayFilters ? { ...context, arrayFilters } : context,
  );
  const collection = existingCollection(target);
  const plan = planQuery(collection, { ...statement, limit: multi ? 0 : 1 }, context);
  const outcome: WriteOutcome = { n: 0, nModified: 0 };
  // Matches are collected first: what is written must not be met again by the same statement.
  for (const before of [...plan.run()]) {
    const position = plan.position(before);
    const applied = update.apply(before, position);
    const after = replaces ? stamped(applied, request.server.clock.next) : applied;
    outcome.n++;
    if (after !== before && collection) {
      replaceDocument(target, collection, before, after);
      outcome.nModified = (outcome.nModified ?? 0) + 1;
    }
    if (statement.image) {
      outcome.image = statement.image === "after" ? after : before;
      outcome.position = position;
    }
  }
  return outcome.n === 0 && statement.upsert
    ? insertForUpdate(target, update.upsert(filter), statement.image)
    : outcome;
};

/** @throws ServerError DuplicateKey, DocumentValidationFailure, or for what can't be stored. */
export const replaceDocument = (
  target: Target,
  collection: Collection,
  before: Doc,
  after: Doc,
): void => {
  checkDocument(target, collection.options, after, before);
  collection.replace(before, after);
};

const insertForUpdate = (target: Target, doc: Doc, image: "before" | "after" | undefined) => {
  const stored = insertStored(target, doc);
  const outcome: WriteOutcome = { n: 1, nModified: 0, upserted: stored._id ?? null };
  if (image) outcome.image = image === "after" ? stored : null;
  return outcome;
};

export const deleteDocuments = (target: Target, statement: DeleteStatement): WriteOutcome => {
  const collection = existingCollection(target);
  const plan = planQuery(
    collection,
    { ...statement, limit: statement.multi ? 0 : 1 },
    statement.context,
  );
  const outcome: WriteOutcome = { n: 0 };
  for (const doc of [...plan.run()]) {
    collection?.remove(doc);
    outcome.n++;
    if (statement.image) outcome.image = doc;
  }
  return outcome;
};

/** @throws ServerError CommandNotSupportedOnView. */
const existingCollection = ({ request, namespace }: Target): Collection | undefined => {
  const collection = request.server.store.collection(namespace);
  refuseView(collection);
  return collection;
};

/** The collection to insert into, created by its first document. */
const openCollection = (target: Target): Collection => {
  const existing = existingCollection(target);
  if (existing) return existing;
  const { namespace, request } = target;
  newCollectionName(namespace.slice(namespace.indexOf(".") + 1));
  return request.server.store.create(namespace);
};

const isReplacement = (update: UpdateArgument): boolean =>
  isDoc(update) && !Object.keys(update)[0]?.startsWith("$");

/** `_id` comes first in what is stored, and is made if there is none. */
const withId = (doc: Doc): Doc => {
  if (Object.keys(doc)[0] === "_id") return doc;
  const { _id = new ObjectId(), ...fields } = doc;
  return { _id, ...fields };
};

/** Empty timestamps at the top of an inserted or replacing document take the time of the write. */
const stamped = (doc: Doc, next: () => Timestamp): Doc => {
  let result = doc;
  for (const field in doc) {
    const value = doc[field];
    if (field !== "_id" && value instanceof Timestamp && value.isZero()) {
      if (result === doc) result = { ...doc };
      result[field] = next();
    }
  }
  return result;
};

const checkId = (id: Value | undefined): void => {
  const dollar = isDoc(id) && Object.keys(id).find((name) => name.startsWith("$"));
  if (dollar) {
    fail(
      "DollarPrefixedFieldName",
      `_id fields may not contain '$'-prefixed fields: ${dollar} is not valid for storage.`,
    );
  }
};
