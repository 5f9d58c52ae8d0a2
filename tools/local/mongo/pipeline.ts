import type { PipelineContext } from "./context.ts";
import { fail } from "./errors.ts";
import { type Scope, scopeOf } from "./expressions/scope.ts";
import type { Stage } from "./stages/stage.ts";
import { stages as table } from "./stages/table.ts";
import { type Doc, isDoc, type Value } from "./values/codec.ts";
import { isNumber } from "./values/kinds.ts";
import { toDouble } from "./values/numbers.ts";

/**
 * Compiles an aggregation pipeline; documents flow through it lazily where the stages allow. Throws
 * Location40324 for an unknown stage and Location40323 for a stage without exactly one field.
 */
export function compilePipeline(
  stages: Doc[],
  context: PipelineContext,
): (input: Iterable<Doc>) => Iterable<Doc> {
  return compileStages(stages, context, scopeOf(context));
}

/** What a pipeline begins with that an index can serve, and the stages that remain. */
export type Leading = { filter?: Doc; sort?: Doc; limit?: number; rest: Doc[] };

/** Splits off the leading `$match`, `$sort` and `$limit` stages, in that order. */
export function splitLeading(stages: Doc[]): Leading {
  const rest = [...stages];
  const take = (name: string): Value | undefined => {
    const argument =
      isDoc(rest[0]) && Object.keys(rest[0]).length === 1 ? rest[0][name] : undefined;
    if (argument !== undefined) rest.shift();
    return argument;
  };
  const leading: Leading = { rest };
  for (let filter = take("$match"); filter !== undefined; filter = take("$match")) {
    if (!isDoc(filter)) return { rest: stages };
    leading.filter = leading.filter ? { $and: [leading.filter, filter] } : filter;
  }
  const sort = take("$sort");
  if (sort !== undefined) {
    if (!isDoc(sort)) return { rest: stages };
    leading.sort = sort;
  }
  const limit = take("$limit");
  if (limit !== undefined) {
    if (!isNumber(limit) || !(toDouble(limit) > 0)) return { rest: stages };
    leading.limit = toDouble(limit);
  }
  return leading;
}

const last = new Set(["$merge", "$out"]);
const first = new Set(["$documents"]);

function checkPlace(stages: Doc[]): void {
  for (const [index, stage] of stages.entries()) {
    const name = isDoc(stage) ? (Object.keys(stage)[0] ?? "") : "";
    if (last.has(name) && index < stages.length - 1) {
      fail(40601, `${name} can only be the final stage in the pipeline`);
    }
    if (first.has(name) && index > 0) {
      fail(40602, `${name} is only valid as the first stage in a pipeline`);
    }
  }
}

function compileStages(stages: Doc[], context: PipelineContext, scope: Scope): Stage {
  checkPlace(stages);
  const compiled = stages.map((stage) => compileStage(stage, context, scope));
  return (input) => compiled.reduce((docs, stage) => stage(docs), input);
}

function compileStage(stage: Doc, context: PipelineContext, scope: Scope): Stage {
  const [name, ...others] = isDoc(stage) ? Object.keys(stage) : [];
  if (name === undefined || others.length > 0) {
    return fail(40323, "A pipeline stage specification object must contain exactly one field.");
  }
  const make = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!make) return fail(40324, `Unrecognized pipeline stage name: '${name}'`);
  return make(stage[name] ?? null, { name, context, scope, pipeline: compileStages });
}
