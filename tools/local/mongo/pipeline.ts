import type { PipelineContext } from "./context.ts";
import { fail } from "./errors.ts";
import { type Scope, scopeOf } from "./expressions/scope.ts";
import type { Stage } from "./stages/stage.ts";
import { stages as table } from "./stages/table.ts";
import { type Doc, isDoc } from "./values/codec.ts";

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

function compileStages(stages: Doc[], context: PipelineContext, scope: Scope): Stage {
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
