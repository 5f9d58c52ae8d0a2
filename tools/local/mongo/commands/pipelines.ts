/** How a pipeline gets its documents: from a collection, through views, or from its first stage. */
import { Int32 } from "bson";
import type { EvaluationContext, PipelineContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compilePatientPipeline, compilePipeline } from "../pipeline.ts";
import type { Plan, Verbosity } from "../planner.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { integer } from "../values/numbers.ts";
import type { Request } from "./command.ts";
import { writePipelineResult } from "./pipeline-writes.ts";
import { collectionOf, isGiven, planQuery, type QueryArguments } from "./query.ts";
import { findSource } from "./sources.ts";
import { isView, resolveView } from "./views.ts";

type Pipeline = {
  /** The collection or view; undefined for a pipeline that brings its own documents. */
  aggregate: string | undefined;
  pipeline: Doc[];
  hint?: Doc | string | undefined;
  bypassDocumentValidation?: boolean;
};

/** The results of a pipeline, read lazily. @throws ServerError if it can't be compiled. */
const openPipeline = (
  given: Pipeline,
  request: Request,
  evaluation: EvaluationContext,
): Iterable<Doc> => {
  const { source, rest, context } = readyPipeline(given, request, evaluation);
  return compilePipeline(rest, context)(source);
};

/** The same, for long pipelines: other commands have their turn while it reads many documents. */
export const runPipeline = (
  given: Pipeline,
  request: Request,
  evaluation: EvaluationContext,
): Promise<Iterable<Doc>> => {
  const { source, rest, context } = readyPipeline(given, request, evaluation);
  return compilePatientPipeline(rest, context)(source);
};

/** The documents that a pipeline begins with, and the stages that are still to be run on them. */
const readyPipeline = (
  given: Pipeline,
  request: Request,
  evaluation: EvaluationContext,
): { source: Iterable<Doc>; rest: Doc[]; context: PipelineContext } => {
  const context = contextOf(given, request, evaluation);
  const unfolded = unfold(given, request, evaluation);
  const { aggregate, pipeline } = unfolded;
  const source = findSource(pipeline[0], aggregate, request, context);
  if (source) return { source, rest: pipeline.slice(1), context };
  const { plan, rest } = planSource(unfolded, request, context);
  return { source: plan.run(), rest, context };
};

/** The account of a pipeline as explain gives it. */
export const accountOfPipeline = (
  given: Pipeline,
  request: Request,
  evaluation: EvaluationContext,
  verbosity: Verbosity,
): Doc => {
  const context = contextOf(given, request, evaluation);
  const { plan, rest } = planSource(unfold(given, request, evaluation), request, context);
  compilePipeline(rest, context);
  const account = plan.explain(verbosity);
  return rest.length === 0 ? account : { stages: [{ $cursor: account }, ...rest] };
};

/** A planned query, of whatever it reads. */
export type Read = Pick<Plan, "run" | "position" | "explain">;

/** A query on a collection or a view. */
export const planRead = (
  request: Request,
  name: string,
  query: QueryArguments,
  evaluation: EvaluationContext,
): Read => {
  const collection = collectionOf(request, name);
  if (!isView(collection)) return planQuery(collection, query, evaluation);
  if (isGiven(query.min) || isGiven(query.max)) {
    fail("OptionNotSupportedOnView", "min and max are not supported on a view");
  }
  const pipeline = { aggregate: name, pipeline: stagesOf(query), hint: query.hint };
  return {
    run: () => openPipeline(pipeline, request, evaluation),
    position: () => undefined,
    explain: (verbosity) => accountOfPipeline(pipeline, request, evaluation, verbosity),
  };
};

/** A query as the stages that do the same. */
const stagesOf = ({ filter, sort, skip, limit }: QueryArguments): Doc[] => [
  ...(isGiven(filter) ? [{ $match: filter }] : []),
  ...(isGiven(sort) ? [{ $sort: sort }] : []),
  ...(skip ? [{ $skip: integer(skip) }] : []),
  ...(limit ? [{ $limit: integer(limit) }] : []),
];

/** The same pipeline over the collection below all views. */
const unfold = (given: Pipeline, request: Request, { collation }: EvaluationContext): Pipeline => {
  if (!isView(collectionOf(request, given.aggregate ?? ""))) return given;
  // Views are made without a collation, and a read must not change its view's.
  if (collation) fail("OptionNotSupportedOnView", "Cannot override a view's collation");
  const { name, pipeline } = resolveView(request, given.aggregate ?? "");
  return { ...given, aggregate: name, pipeline: [...pipeline, ...given.pipeline] };
};

const contextOf = (
  { bypassDocumentValidation = false }: Pipeline,
  request: Request,
  evaluation: EvaluationContext,
): PipelineContext => ({
  ...evaluation,
  read: (name, filter) => planRead(request, name, { filter }, evaluation).run(),
  write: (stage) => writePipelineResult(request, bypassDocumentValidation, stage),
});

/** What of the pipeline's head the planner can serve, and the stages that remain. */
const planSource = (
  { aggregate, pipeline, hint }: Pipeline,
  request: Request,
  context: PipelineContext,
): { plan: Plan; rest: Doc[] } => {
  if (aggregate === undefined) {
    const stage = Object.keys(pipeline[0] ?? {})[0] ?? "";
    fail(
      "InvalidNamespace",
      `{aggregate: 1} is not valid for '${stage}'; a collection is required.`,
    );
  }
  const rest = [...pipeline];
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
  const query = { filter, sort, hint, limit: limit?.value };
  return { plan: planQuery(collectionOf(request, aggregate), query, context), rest };
};
