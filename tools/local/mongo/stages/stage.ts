import type { EvaluationContext, PipelineContext } from "../context.ts";
import type { Scope } from "../expressions/scope.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../values/codec.ts";

/** A stage's work on documents that come one by one, where it gives none before it has seen all. */
type Fold = { add(doc: Doc): void; end(): Iterable<Doc> };

/** One compiled stage: documents in, documents out, lazily wherever the stage allows. */
export type Stage = {
  (input: Iterable<Doc>): Iterable<Doc>;
  /** The same, for whoever lets others have their turn between two documents. */
  fold?: () => Fold;
  /** Whether the stage may be given its documents in several portions. */
  takesPortions?: boolean;
};

type CompilePipeline = (stages: Doc[], context: PipelineContext, scope: Scope) => Stage;

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

/** A stage that sees all documents before it gives one. */
export function folding(fold: () => Fold): Stage {
  return Object.assign(
    function* (input: Iterable<Doc>) {
      const { add, end } = fold();
      for (const doc of input) add(doc);
      yield* end();
    },
    { fold },
  );
}

/** The evaluation context that a stage's filters are compiled in. */
export function filterContext({
  context: { now, variables, collation },
}: StageCompiler): EvaluationContext {
  return { now, ...(variables && { variables }), ...(collation && { collation }) };
}

/** The document with another value at a path of documents; `undefined` removes it. */
export function replaceField(doc: Doc, names: string[], value: Value | undefined): Doc {
  const [name = "", ...rest] = names;
  const result = { ...doc };
  const inner = getField(doc, name);
  const next = rest.length === 0 ? value : replaceField(isDoc(inner) ? inner : {}, rest, value);
  if (next === undefined) delete result[name];
  else setField(result, name, next);
  return result;
}
