import type { EvaluationContext } from "./context.ts";
import { fail } from "./errors.ts";
import { compilePipeline } from "./pipeline.ts";
import { applyTree } from "./updates/apply.ts";
import { compileArrayFilters } from "./updates/array-filters.ts";
import { equalities } from "./updates/equalities.ts";
import { compileModifiers } from "./updates/modifiers.ts";
import { type Doc, isDoc, setField, type Value } from "./values/codec.ts";
import { equal, identical } from "./values/compare.ts";
import { filledStages } from "./values/filled.ts";
import { Pipeline, type Template } from "./values/template.ts";
import { describe } from "./values/text.ts";

export type Update = {
  /**
   * The document after the update: the same reference if nothing changes, and never a change to the
   * one given. `position` is the filter's array index, for the positional `$`.
   */
  apply(doc: Doc, position?: number): Doc;
  /** The document an upsert inserts; without an `_id` if neither filter nor update gives one. */
  upsert(filter: Doc): Doc;
};

type Step = (doc: Doc, position: number | undefined, inserting: boolean) => Doc;

/**
 * Compiles an update: modifiers, a pipeline, or a replacement. Throws FailedToParse for an unknown
 * modifier, ConflictingUpdateOperators for two on one path; applying throws ImmutableField where `_id`
 * would change, and the type errors of each modifier.
 */
export function compileUpdate(
  update: Doc | Doc[] | Pipeline,
  context: EvaluationContext & { arrayFilters?: Doc[] },
): Update {
  if (update instanceof Pipeline) return build(templateStep(update, context), "pipeline");
  if (Array.isArray(update)) return build(pipelineStep(update, context), "pipeline");
  const first = Object.keys(update)[0];
  if (first?.startsWith("$")) return build(modifierStep(update, context), "modifiers");
  if (context.arrayFilters?.length) {
    fail("FailedToParse", "Cannot specify arrayFilters when applying a replacement-style update");
  }
  return build(replacementStep(update), "replacement");
}

function build(step: Step, form: "modifiers" | "pipeline" | "replacement"): Update {
  return {
    apply(doc, position) {
      const result = step(doc, position, false);
      if (result === doc) return doc;
      return keepId(doc, result);
    },
    upsert(filter) {
      const known = equalities(filter);
      const start: Doc =
        form !== "replacement" ? known : known._id === undefined ? {} : { _id: known._id };
      const result = step(start, undefined, true);
      return known._id === undefined ? idFirst(result) : keepId(start, result);
    },
  };
}

/** Puts back an `_id` that is gone; refuses one that changed. */
function keepId(before: Doc, after: Doc): Doc {
  const { _id } = before;
  if (_id === undefined) return after;
  if (after._id === undefined) return { _id, ...after };
  if (!equal(_id, after._id)) {
    fail(
      "ImmutableField",
      `Performing an update on the path '_id' would modify the immutable field '_id'`,
    );
  }
  return idFirst(after);
}

function idFirst(doc: Doc): Doc {
  if (doc._id === undefined || Object.keys(doc)[0] === "_id") return doc;
  return { _id: doc._id, ...doc };
}

function replacementStep(replacement: Doc): Step {
  for (const name of Object.keys(replacement)) {
    if (name.startsWith("$")) {
      fail(
        "DollarPrefixedFieldName",
        `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      );
    }
  }
  return (doc) => {
    const { _id } = doc;
    if (_id === undefined) return replacement;
    if (replacement._id !== undefined && !equal(_id, replacement._id)) {
      fail(
        "ImmutableField",
        `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${describe(replacement._id)}`,
      );
    }
    return unlessIdentical(doc, withId(replacement, _id));
  };
}

const withId = (replacement: Doc, _id: Value): Doc => {
  const doc: Doc = { _id };
  for (const [name, value] of Object.entries(replacement)) {
    if (name !== "_id") setField(doc, name, value);
  }
  return doc;
};

const unlessIdentical = (before: Doc, after: Doc): Doc =>
  identical(before, after) ? before : after;

const allowedStages = new Set([
  "$set",
  "$addFields",
  "$unset",
  "$project",
  "$replaceRoot",
  "$replaceWith",
]);

function pipelineStep(stages: Doc[], context: EvaluationContext & { arrayFilters?: Doc[] }): Step {
  if (context.arrayFilters?.length) {
    fail("FailedToParse", "arrayFilters may not be specified for pipeline-syle updates");
  }
  for (const stage of stages) {
    const name = isDoc(stage) ? Object.keys(stage)[0] : undefined;
    if (name === undefined || !allowedStages.has(name)) {
      fail("InvalidOptions", `${name} is not allowed to be used within an update`);
    }
  }
  const run = compilePipeline(stages, { ...context, read: () => [] });
  return (doc) => {
    const [result = doc] = run([doc]);
    return unlessIdentical(doc, result);
  };
}

/** Templates in their compiled form, with the clock it reads; null for those that compile with literals only. */
const compiled = new WeakMap<Template, { step: Step; clock: { value: Date } } | null>();

/** What `pipelineStep` gives, but compiled once for all pipelines of a template. */
function templateStep(
  pipeline: Pipeline,
  context: EvaluationContext & { arrayFilters?: Doc[] },
): Step {
  const { template } = pipeline;
  const isPlain = !context.arrayFilters && !context.variables && !context.collation;
  if (isPlain && !compiled.has(template)) compiled.set(template, compileTemplate(template));
  const known = isPlain ? compiled.get(template) : null;
  if (!known) return pipelineStep(filledStages(pipeline) as Doc[], context);
  pipeline.fill();
  known.clock.value = context.now;
  return known.step;
}

function compileTemplate({ stages }: Template): { step: Step; clock: { value: Date } } | null {
  const clock = { value: new Date(0) };
  try {
    return { step: pipelineStep(stages as Doc[], { now: clock.value, clock }), clock };
  } catch {
    return null;
  }
}

function modifierStep(update: Doc, context: EvaluationContext & { arrayFilters?: Doc[] }): Step {
  const { tree, identifiers } = compileModifiers(update, context);
  const filters = compileArrayFilters(context.arrayFilters ?? [], identifiers, context);
  return (doc, position, inserting) => {
    const result = applyTree(tree(doc), doc, "", { position, filters, inserting });
    return isDoc(result) ? result : doc;
  };
}
