import { Long } from "bson";
import type { PipelineContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { compilePath } from "../expressions/path.ts";
import { type Cell, checkVariableName, declare, type Run } from "../expressions/scope.ts";
import { compileFilter } from "../filter.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { keyOf } from "../values/key.ts";
import { isNumber } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import type { MakeStage, Stage, StageCompiler } from "./stage.ts";
import { filterContext, replaceField } from "./stage.ts";

const text = (value: Value | undefined, message: string): string =>
  typeof value === "string" && value !== "" ? value : fail("FailedToParse", message);

function stagesOf(value: Value | undefined): Doc[] {
  if (value === undefined) return [];
  if (!Array.isArray(value))
    return fail("TypeMismatch", "'pipeline' option must be specified as an array");
  return value.map((stage) =>
    isDoc(stage)
      ? stage
      : fail("TypeMismatch", "Each element of the 'pipeline' array must be an object"),
  );
}

/** What a document's value looks for in another collection: each element of an array, or the value. */
function lookingFor(value: Value | undefined, field: string): Doc {
  const values = Array.isArray(value) ? value : [value ?? null];
  return values.length === 1
    ? { [field]: { $eq: values[0] ?? null } }
    : { [field]: { $in: values } };
}

/** `$lookup`, by equal fields, by a pipeline, or both. */
export const lookup: MakeStage = (spec, compiler) => {
  if (!isDoc(spec)) return fail("FailedToParse", "the $lookup specification must be an Object");
  const as = text(spec.as, "must specify 'as' field for a $lookup").split(".");
  const { localField, foreignField } = spec;
  if ((localField === undefined) !== (foreignField === undefined)) {
    fail(
      "FailedToParse",
      "$lookup requires both or neither of 'localField' and 'foreignField' to be specified",
    );
  }
  if (localField === undefined && spec.pipeline === undefined) {
    fail(
      "FailedToParse",
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    );
  }
  const from =
    spec.from === undefined
      ? undefined
      : text(spec.from, "$lookup argument 'from' must be a string");
  const { head, pipeline } = readAhead(spec);
  const { run, bind } = subpipeline({ ...spec, pipeline }, compiler);
  const local = typeof localField === "string" ? compilePath(localField.split(".")) : undefined;
  const foreign = text(foreignField ?? "_id", "$lookup argument 'foreignField' must be a string");
  const { read } = compiler.context;
  return function* (input) {
    for (const doc of input) {
      bind(doc);
      const source =
        from === undefined ? [] : read(from, local ? lookingFor(local(doc), foreign) : head);
      yield replaceField(doc, as, [...run(source)]);
    }
  };
};

/**
 * What of a subpipeline's head an index may serve: a `$match` that is the same for each document,
 * because only `$expr` sees the variables of `let`.
 */
function readAhead({ localField, pipeline }: Doc): { head: Doc | undefined; pipeline: Value[] } {
  const stages: Value[] = stagesOf(pipeline);
  const [first] = stages;
  const head = isDoc(first) ? first.$match : undefined;
  if (localField !== undefined || !isDoc(head) || mentions(head, "$expr")) {
    return { head: undefined, pipeline: stages };
  }
  return { head, pipeline: stages.slice(1) };
}

const mentions = (value: Value | undefined, name: string): boolean =>
  Array.isArray(value)
    ? value.some((one) => mentions(one, name))
    : isDoc(value) &&
      Object.entries(value).some(([field, inner]) => field === name || mentions(inner, name));

type Subpipeline = { run: Stage /** Evaluates `let` for a document. */; bind: (doc: Doc) => void };

function subpipeline(spec: Doc, { scope, context, pipeline }: StageCompiler): Subpipeline {
  const bindings =
    spec.let === undefined
      ? {}
      : isDoc(spec.let)
        ? spec.let
        : fail("FailedToParse", "$lookup argument 'let' must be an object");
  const names = Object.keys(bindings);
  for (const name of names) checkVariableName(name);
  const values = Object.values(bindings).map((value) => compileExpression(value, scope));
  const { scope: inner, cells } = declare(scope, names);
  return {
    run: pipeline(stagesOf(spec.pipeline), readOnly(context), inner),
    bind: binder(cells, values),
  };
}

const binder =
  (cells: Cell[], values: Run[]) =>
  (doc: Doc): void => {
    for (const [index, cell] of cells.entries()) cell.value = values[index]?.(doc);
  };

function readOnly(context: PipelineContext): PipelineContext {
  const { write: _, ...rest } = context;
  return rest;
}

/** `$unionWith`: the documents of another collection after these. */
export const unionWith: MakeStage = (spec, { context, scope, pipeline }) => {
  const { coll, pipeline: stages } = isDoc(spec) ? spec : { coll: spec, pipeline: undefined };
  const from =
    coll === undefined && stages !== undefined
      ? undefined
      : text(coll, "the $unionWith collection must be a string");
  const run = pipeline(stagesOf(stages), readOnly(context), scope);
  return function* (input) {
    yield* input;
    yield* run(from === undefined ? [] : context.read(from));
  };
};

/** `$facet`: several pipelines over the same documents. */
export const facet: MakeStage = (spec, { context, scope, pipeline }) => {
  if (!isDoc(spec) || Object.keys(spec).length === 0)
    return fail(40169, "the $facet specification must be a non-empty object");
  const facets = Object.entries(spec).map(([name, stages]): [string, Stage] => [
    name,
    pipeline(stagesOf(stages), readOnly(context), scope),
  ]);
  return function* (input) {
    const docs = [...input];
    yield Object.fromEntries(facets.map(([name, run]): [string, Value] => [name, [...run(docs)]]));
  };
};

/** `$graphLookup`: the documents reached from a value by following one field to another. */
export const graphLookup: MakeStage = (spec, compiler) => {
  if (!isDoc(spec))
    return fail("FailedToParse", "the $graphLookup specification must be an object");
  const from = text(spec.from, "$graphLookup requires 'from' to be a string");
  const as = text(spec.as, "$graphLookup requires 'as' to be a string").split(".");
  const connectFrom = compilePath(
    text(spec.connectFromField, "$graphLookup requires 'connectFromField'").split("."),
  );
  const connectTo = text(spec.connectToField, "$graphLookup requires 'connectToField'");
  const start = compileExpression(spec.startWith ?? null, compiler.scope);
  const depthField =
    spec.depthField === undefined
      ? undefined
      : text(spec.depthField, "depthField must be a string");
  const most = isNumber(spec.maxDepth) ? toDouble(spec.maxDepth) : Number.POSITIVE_INFINITY;
  const restrict = isDoc(spec.restrictSearchWithMatch)
    ? compileFilter(spec.restrictSearchWithMatch, filterContext(compiler))
    : () => true;
  const reach = (doc: Doc): Doc[] => {
    const found = new Map<string, Doc>();
    let frontier = start(doc);
    for (let depth = 0; depth <= most; depth += 1) {
      const next: Value[] = [];
      for (const reached of compiler.context.read(from, lookingFor(frontier, connectTo))) {
        const key = keyOf(reached._id);
        if (found.has(key) || !restrict(reached)) continue;
        found.set(
          key,
          depthField === undefined ? reached : { ...reached, [depthField]: Long.fromNumber(depth) },
        );
        const onward = connectFrom(reached);
        if (Array.isArray(onward)) next.push(...onward);
        else if (onward !== undefined) next.push(onward);
      }
      if (next.length === 0) break;
      frontier = next;
    }
    return [...found.values()];
  };
  return function* (input) {
    for (const doc of input) yield replaceField(doc, as, reach(doc));
  };
};
