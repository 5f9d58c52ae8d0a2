import type { PipelineContext } from "../context.ts";
import type { Scope } from "../expressions/scope.ts";
import type { Doc, Value } from "../values/codec.ts";

/** One compiled stage: documents in, documents out, lazily wherever the stage allows. */
export type Stage = (input: Iterable<Doc>) => Iterable<Doc>;

export type CompilePipeline = (stages: Doc[], context: PipelineContext, scope: Scope) => Stage;

/** What a stage is compiled with; `pipeline` compiles the pipelines inside it. */
export type StageCompiler = {
  name: string;
  context: PipelineContext;
  scope: Scope;
  pipeline: CompilePipeline;
};

export type MakeStage = (spec: Value, compiler: StageCompiler) => Stage;

/** A stage that turns each document into one. */
export function mapping(change: (doc: Doc) => Doc): Stage {
  return function* (input) {
    for (const doc of input) yield change(doc);
  };
}
