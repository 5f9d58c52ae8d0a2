/** find, count and distinct. */

import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compileProjection } from "../projection.ts";
import type { Doc } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import { command, type Request } from "./command.ts";
import { distinctValues } from "./distinct.ts";
import { explainReply } from "./explain-reply.ts";
import {
  type Arguments,
  bool,
  ignored,
  number,
  object,
  optional,
  refused,
  required,
  text,
  wholeFrom,
  withDefault,
} from "./fields.ts";
import { collectionName, fullName } from "./namespace.ts";
import { planRead, type Read } from "./pipelines.ts";
import { collectionOf, evaluationOf, hintOf, mapLazily } from "./query.ts";
import { isView } from "./views.ts";

const findFields = {
  find: required(collectionName),
  filter: withDefault(object, {}),
  sort: optional(object),
  projection: withDefault(object, {}),
  skip: optional(wholeFrom(0)),
  limit: optional(wholeFrom(0)),
  batchSize: optional(wholeFrom(0)),
  singleBatch: withDefault(bool, false),
  hint: optional(hintOf),
  collation: optional(object),
  let: optional(object),
  allowDiskUse: optional(bool),
  allowPartialResults: optional(bool),
  noCursorTimeout: ignored,
  oplogReplay: ignored,
  min: optional(object),
  max: optional(object),
  returnKey: refused,
  showRecordId: refused,
  tailable: refused,
  awaitData: refused,
};

const planFind = (args: Arguments<typeof findFields>, request: Request) => {
  const context = evaluationOf(request, args);
  return { context, plan: planRead(request, args.find, args, context) };
};

const find = command({
  name: "find",
  counts: "query",
  reads: true,
  fields: findFields,
  run: (args, request) => {
    const { context, plan } = planFind(args, request);
    return {
      cursor: request.server.cursors.open({
        namespace: fullName(request.db, args.find),
        docs: projected(plan, args.projection, context),
        batchSize: args.batchSize,
        singleBatch: args.singleBatch,
        session: request.session?.key,
      }),
    };
  },
  explain: (args, request, verbosity) =>
    explainReply(planFind(args, request).plan.explain(verbosity), request),
});

/** The plan's documents as a projection shows them. */
const projected = (plan: Read, projection: Doc, context: EvaluationContext): Iterable<Doc> => {
  if (Object.keys(projection).length === 0) return plan.run();
  const project = compileProjection(projection, context);
  const positional = Object.keys(projection).some((path) => path.endsWith(".$"));
  return mapLazily(plan.run(), (doc) =>
    positional ? project(doc, plan.position(doc)) : project(doc),
  );
};

const countFields = {
  count: required(collectionName),
  query: withDefault(object, {}),
  limit: optional(number),
  skip: optional(wholeFrom(0)),
  hint: optional(hintOf),
  collation: optional(object),
  fields: ignored,
};

const planCount = (args: Arguments<typeof countFields>, request: Request) => {
  const { query: filter, limit, skip, hint } = args;
  // A negative limit is its absolute value, as for cursors of old.
  const query = { filter, skip, hint, limit: Math.abs(Math.trunc(limit ?? 0)) };
  return planRead(request, args.count, query, evaluationOf(request, args));
};

const count = command({
  name: "count",
  reads: true,
  fields: countFields,
  run: (args, request) => {
    const unfiltered = Object.keys(args.query).length === 0 && !args.limit && !args.skip;
    const collection = collectionOf(request, args.count);
    if (unfiltered && args.hint === undefined && !isView(collection)) {
      return { n: integer(collection?.count ?? 0) };
    }
    let n = 0;
    for (const _ of planCount(args, request).run()) n++;
    return { n: integer(n) };
  },
  explain: (args, request, verbosity) =>
    explainReply(planCount(args, request).explain(verbosity), request),
});

const distinctFields = {
  distinct: required(collectionName),
  key: required(text),
  query: withDefault(object, {}),
  hint: optional(hintOf),
  collation: optional(object),
};

const planDistinct = (args: Arguments<typeof distinctFields>, request: Request) => {
  const context = evaluationOf(request, args);
  const query = { filter: args.query, hint: args.hint };
  return { context, plan: planRead(request, args.distinct, query, context) };
};

const distinct = command({
  name: "distinct",
  reads: true,
  fields: distinctFields,
  run: (args, request) => {
    if (args.key === "") fail("InvalidOptions", "distinct needs a field name");
    const { context, plan } = planDistinct(args, request);
    return { values: distinctValues(plan.run(), args.key, context.collation) };
  },
  explain: (args, request, verbosity) =>
    explainReply(planDistinct(args, request).plan.explain(verbosity), request),
});

export const readCommands = [find, count, distinct];
