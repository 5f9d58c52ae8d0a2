import { Int32 } from "bson";
import type { PipelineContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compilePipeline } from "../pipeline.ts";
import type { Plan, Verbosity } from "../planner.ts";
import { type Doc, isDoc, toNumber, type Value } from "../values/codec.ts";
import { isNumber } from "../values/kinds.ts";
import { command, type Request } from "./command.ts";
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
import { writePipelineResult } from "./pipeline-writes.ts";
import { batchSizeOf, collectionOf, evaluationOf, hintOf, planQuery } from "./query.ts";
import { findSource } from "./sources.ts";

/** A collection, or 1 for a pipeline that brings its own documents. */
const sourceName = (value: Value): string | undefined =>
  isNumber(value) && toNumber(value) === 1 ? undefined : collectionName(value);

const fields = {
  aggregate: required(sourceName),
  pipeline: required(objects),
  cursor: optional(object),
  explain: withDefault(bool, false),
  hint: optional(hintOf),
  collation: optional(object),
  let: optional(object),
  bypassDocumentValidation: withDefault(bool, false),
  allowDiskUse: optional(bool),
};

type Aggregate = Arguments<typeof fields>;

const aggregate = command({
  name: "aggregate",
  reads: true,
  writes: true,
  fields,
  run: (args, request) => {
    if (args.explain) return explainPipeline(args, request, "queryPlanner");
    if (!args.cursor) {
      return fail(
        "FailedToParse",
        "The 'cursor' option is required, except for aggregate with the explain argument",
      );
    }
    const batchSize = batchSizeOf(args.cursor, "aggregate.cursor");
    refuseLinearizableWrite(args, request);
    const docs = openPipeline(args, request);
    return {
      cursor: request.server.cursors.open({
        namespace: fullName(request.db, args.aggregate ?? "$cmd.aggregate"),
        // A pipeline that writes does so with its command, not with the first getMore.
        docs: endsInWrite(args.pipeline) ? [...docs] : docs,
        batchSize,
        session: request.session?.key,
      }),
    };
  },
  explain: (args, request, verbosity) => explainPipeline(args, request, verbosity),
});

const endsInWrite = (pipeline: Doc[]): boolean => {
  const last = pipeline.at(-1);
  return last !== undefined && ("$out" in last || "$merge" in last);
};

const contextOf = (args: Aggregate, request: Request): PipelineContext => {
  const evaluation = evaluationOf(request, args);
  return {
    ...evaluation,
    read: (name, filter = {}) =>
      planQuery(collectionOf(request, name), { filter }, evaluation).run(),
    write: (stage) => writePipelineResult(request, args.bypassDocumentValidation, stage),
  };
};

/** What is written must not depend on a read concern that only reads can keep. */
const refuseLinearizableWrite = ({ pipeline }: Aggregate, { body }: Request): void => {
  const level = isDoc(body.readConcern) ? body.readConcern.level : undefined;
  if (level === "linearizable" && endsInWrite(pipeline)) {
    fail("InvalidOptions", "$out and $merge can't be used with readConcern linearizable");
  }
};

const openPipeline = (args: Aggregate, request: Request): Iterable<Doc> => {
  const context = contextOf(args, request);
  const source = findSource(args.pipeline[0], args.aggregate, request, context);
  if (source) return compilePipeline(args.pipeline.slice(1), context)(source);
  const { plan, rest } = planSource(args, request, context);
  return compilePipeline(rest, context)(plan.run());
};

/** What of the pipeline's head the planner can serve, and the stages that remain. */
const planSource = (
  args: Aggregate,
  request: Request,
  context: PipelineContext,
): { plan: Plan; rest: Doc[] } => {
  if (args.aggregate === undefined) {
    const stage = Object.keys(args.pipeline[0] ?? {})[0] ?? "";
    fail(
      "InvalidNamespace",
      `{aggregate: 1} is not valid for '${stage}'; a collection is required.`,
    );
  }
  const rest = [...args.pipeline];
  const take = <T extends Value>(name: string, is: (value: Value | undefined) => value is T) => {
    const stage = rest[0];
    const value = stage?.[name];
    if (!stage || Object.keys(stage).length !== 1 || !is(value)) return undefined;
    rest.shift();
    return value;
  };
  const filter = take("$match", isDoc);
  const sort = take("$sort", isDoc);
  const limit = take("$limit", (value) => value instanceof Int32);
  const query = { filter, sort, hint: args.hint, limit: limit?.value };
  return { plan: planQuery(collectionOf(request, args.aggregate), query, context), rest };
};

const explainPipeline = (args: Aggregate, request: Request, verbosity: Verbosity): Doc => {
  const context = contextOf(args, request);
  const { plan, rest } = planSource(args, request, context);
  compilePipeline(rest, context);
  const account = plan.explain(verbosity);
  return explainReply(
    rest.length === 0 ? account : { stages: [{ $cursor: account }, ...rest] },
    request,
  );
};

export const aggregateCommands = [aggregate];
