import { fail } from "../errors.ts";
import { compileProjection } from "../projection.ts";
import type { WriteOutcome } from "../sessions.ts";
import type { Doc } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { command } from "./command.ts";
import { explainReply } from "./explain-reply.ts";
import {
  type Arguments,
  bool,
  object,
  objects,
  optional,
  required,
  withDefault,
} from "./fields.ts";
import { collectionName, fullName } from "./namespace.ts";
import { collectionOf, evaluationOf, hintOf, planQuery } from "./query.ts";
import { runStatement } from "./run-statements.ts";
import { deleteDocuments, updateDocuments } from "./statements.ts";
import { updateOf } from "./update-argument.ts";

const name = required(collectionName);

const fields = {
  findAndModify: optional(collectionName),
  findandmodify: optional(collectionName),
  query: withDefault(object, {}),
  sort: optional(object),
  remove: withDefault(bool, false),
  update: optional(updateOf),
  new: withDefault(bool, false),
  fields: withDefault(object, {}),
  upsert: withDefault(bool, false),
  arrayFilters: optional(objects),
  hint: optional(hintOf),
  collation: optional(object),
  let: optional(object),
  bypassDocumentValidation: withDefault(bool, false),
};

type FindAndModify = Arguments<typeof fields>;

const findAndModify = command({
  name: "findAndModify",
  aliases: ["findandmodify"],
  writes: true,
  retryable: true,
  fields,
  run: (args, request) => {
    const { update } = check(args);
    const context = evaluationOf(request, args);
    const target = {
      request,
      namespace: fullName(request.db, collectionOfArgs(args)),
      bypassValidation: args.bypassDocumentValidation,
    };
    const selection = { ...args, filter: args.query, multi: false, context };
    const project = Object.keys(args.fields).length > 0 && compileProjection(args.fields, context);
    const { outcome, retried } = runStatement(request, () =>
      update
        ? updateDocuments(target, { ...selection, update, image: args.new ? "after" : "before" })
        : deleteDocuments(target, { ...selection, image: "before" }),
    );
    // As in MongoDB, a retry is answered with the image that was kept, without the projection.
    const show = (image: Doc) => (project && !retried ? project(image, outcome.position) : image);
    return {
      lastErrorObject: lastErrorObject(outcome, update !== undefined),
      value: outcome.image ? show(outcome.image) : null,
      ...(retried ? { retriedStmtId: integer(0) } : {}),
    };
  },
  explain: (args, request, verbosity) => {
    check(args);
    const query = { ...args, filter: args.query, limit: 1 };
    const collection = collectionOf(request, collectionOfArgs(args));
    const plan = planQuery(collection, query, evaluationOf(request, args));
    return explainReply(plan.explain(verbosity), request);
  },
});

const collectionOfArgs = ({ findAndModify: camel, findandmodify: lower }: FindAndModify): string =>
  name.parse(camel ?? lower, "findAndModify");

const check = ({ remove, update, upsert, new: after, arrayFilters }: FindAndModify) => {
  if (remove && update) fail("FailedToParse", "Cannot specify both an update and remove=true");
  if (remove && upsert) fail("FailedToParse", "Cannot specify both upsert=true and remove=true");
  if (remove && after) {
    fail(
      "FailedToParse",
      "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
    );
  }
  if (remove && arrayFilters) fail("FailedToParse", "Cannot specify arrayFilters and remove=true");
  if (!remove && !update)
    fail("FailedToParse", "Either an update or remove=true must be specified");
  return { update };
};

const lastErrorObject = ({ n, upserted }: WriteOutcome, updates: boolean): Doc => ({
  n: integer(n),
  ...(updates ? { updatedExisting: n > 0 && upserted === undefined } : {}),
  ...(upserted === undefined ? {} : { upserted }),
});

export const findAndModifyCommands = [findAndModify];
