/** insert, update and delete. */
import { Int32 } from "bson";
import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import type { Doc, Value } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { command, type Request } from "./command.ts";
import { explainReply } from "./explain-reply.ts";
import {
  bool,
  object,
  objects,
  optional,
  parseFields,
  required,
  wholeFrom,
  withDefault,
} from "./fields.ts";
import { collectionName, fullName } from "./namespace.ts";
import { collectionOf, evaluationOf, hintOf, planQuery } from "./query.ts";
import { type Result, retriedStatements, runStatements } from "./run-statements.ts";
import { deleteDocuments, insertDocument, type Target, updateDocuments } from "./statements.ts";
import { updateOf } from "./update-argument.ts";

const common = {
  ordered: withDefault(bool, true),
  bypassDocumentValidation: withDefault(bool, false),
  let: optional(object),
};

const traits = { writes: true, retryable: true } as const;

const targetOf = (
  request: Request,
  name: string,
  { bypassDocumentValidation }: { bypassDocumentValidation: boolean },
): Target => ({
  request,
  namespace: fullName(request.db, name),
  bypassValidation: bypassDocumentValidation,
});

const insert = command({
  ...traits,
  name: "insert",
  counts: "insert",
  fields: { insert: required(collectionName), documents: required(objects), ...common },
  run: (args, request) => {
    const target = targetOf(request, args.insert, args);
    const batch = { statements: args.documents, ordered: args.ordered };
    return writeReply(runStatements(request, batch, (doc) => insertDocument(target, doc)));
  },
});

const updateFields = {
  q: required(object),
  u: required(updateOf),
  c: optional(object),
  multi: withDefault(bool, false),
  upsert: withDefault(bool, false),
  arrayFilters: optional(objects),
  hint: optional(hintOf),
  collation: optional(object),
  sort: optional(object),
};

const parseUpdate = (update: Doc) => {
  const parsed = parseFields("update.updates", updateFields, update);
  if (parsed.sort && parsed.multi) fail("FailedToParse", "Cannot specify sort with multi=true");
  return parsed;
};

const update = command({
  ...traits,
  name: "update",
  counts: "update",
  fields: { update: required(collectionName), updates: required(objects), ...common },
  run: (args, request) => {
    const target = targetOf(request, args.update, args);
    const statements = args.updates.map(parseUpdate);
    refuseRetriedMulti(
      request,
      "multi=true",
      statements.some(({ multi }) => multi),
    );
    const results = runStatements(request, { statements, ordered: args.ordered }, (statement) =>
      updateDocuments(target, {
        ...statement,
        filter: statement.q,
        update: statement.u,
        context: statementContext(request, args.let, statement),
      }),
    );
    const upserted = results.flatMap((result) =>
      "outcome" in result && result.outcome.upserted !== undefined
        ? [{ index: new Int32(result.index), _id: result.outcome.upserted }]
        : [],
    );
    const modified = sum(results, (outcome) => outcome.nModified ?? 0);
    return {
      ...writeReply(results),
      nModified: integer(modified),
      ...(upserted.length > 0 ? { upserted } : {}),
    };
  },
  explain: (args, request, verbosity) => {
    const [statement] = args.updates.map(parseUpdate);
    if (!statement || args.updates.length > 1) return onlyOne();
    const context = statementContext(request, args.let, statement);
    const query = { ...statement, filter: statement.q, limit: statement.multi ? 0 : 1 };
    const plan = planQuery(collectionOf(request, args.update), query, context);
    return explainReply(plan.explain(verbosity), request);
  },
});

const deleteFields = {
  q: required(object),
  limit: required(wholeFrom(0)),
  hint: optional(hintOf),
  collation: optional(object),
};

const parseDelete = (deletion: Doc) => {
  const parsed = parseFields("delete.deletes", deleteFields, deletion);
  if (parsed.limit > 1) {
    fail("FailedToParse", `The limit field in delete objects must be 0 or 1. Got ${parsed.limit}`);
  }
  return { ...parsed, filter: parsed.q, multi: parsed.limit === 0 };
};

const remove = command({
  ...traits,
  name: "delete",
  counts: "delete",
  fields: { delete: required(collectionName), deletes: required(objects), ...common },
  run: (args, request) => {
    const target = targetOf(request, args.delete, args);
    const statements = args.deletes.map(parseDelete);
    refuseRetriedMulti(
      request,
      "limit=0",
      statements.some(({ multi }) => multi),
    );
    const results = runStatements(request, { statements, ordered: args.ordered }, (statement) =>
      deleteDocuments(target, {
        ...statement,
        context: statementContext(request, args.let, statement),
      }),
    );
    return writeReply(results);
  },
  explain: (args, request, verbosity) => {
    const [statement] = args.deletes.map(parseDelete);
    if (!statement || args.deletes.length > 1) return onlyOne();
    const context = statementContext(request, args.let, statement);
    const plan = planQuery(collectionOf(request, args.delete), statement, context);
    return explainReply(plan.explain(verbosity), request);
  },
});

const onlyOne = () => fail("InvalidLength", "explained write batches must be of size 1");

const statementContext = (
  request: Request,
  variables: Doc | undefined,
  { c, collation }: { c?: Doc | undefined; collation?: Doc | undefined },
): EvaluationContext =>
  evaluationOf(request, { let: c ? { ...variables, ...c } : variables, collation });

const refuseRetriedMulti = ({ retryLog }: Request, what: string, multi: boolean): void => {
  if (retryLog && multi) {
    fail("InvalidOptions", `Cannot use (or request) retryable writes with ${what}`);
  }
};

const sum = (results: Result[], of: (outcome: { n: number; nModified?: number }) => number) =>
  results.reduce((total, result) => total + ("outcome" in result ? of(result.outcome) : 0), 0);

const writeReply = (results: Result[]): Doc => {
  const writeErrors = results.flatMap((result): Value[] =>
    "error" in result
      ? [
          {
            index: new Int32(result.index),
            code: new Int32(result.error.code),
            errmsg: result.error.message,
            ...result.error.details,
          },
        ]
      : [],
  );
  return {
    n: integer(sum(results, ({ n }) => n)),
    ...(writeErrors.length > 0 ? { writeErrors } : {}),
    ...retriedStatements(results),
  };
};

export const writeCommands = [insert, update, remove];
