import type { PipelineContext } from "./context.ts";
import { fail } from "./errors.ts";
import { type Scope, scopeOf } from "./expressions/scope.ts";
import type { Stage } from "./stages/stage.ts";
import { stages as table } from "./stages/table.ts";
import { takeTurns } from "./turns.ts";
import { type Doc, isDoc, type Value } from "./values/codec.ts";
import { isNumber } from "./values/kinds.ts";
import { toDouble } from "./values/numbers.ts";

/**
 * Compiles an aggregation pipeline; documents flow through it lazily where the stages allow. Throws
 * Location40324 for an unknown stage and Location40323 for a stage without exactly one field.
 */
export function compilePipeline(stages: Doc[], context: PipelineContext): Stage {
  return inARow(compileAll(stages, context, scopeOf(context)));
}

/** The same pipeline, which lets others have their turn while it works on many documents. */
export function compilePatientPipeline(
  stages: Doc[],
  context: PipelineContext,
): (input: Iterable<Doc>) => Promise<Iterable<Doc>> {
  const compiled = compileAll(stages, context, scopeOf(context));
  return async (input) => {
    const turns = takeTurns();
    let docs = input;
    for (const stage of compiled) {
      if (stage.fold) docs = await folded(stage.fold(), docs, turns);
      else if (stage.takesPortions) docs = await portioned(stage, docs, turns);
      else docs = stage(docs);
    }
    return docs;
  };
}

type Turns = ReturnType<typeof takeTurns>;

async function folded(
  { add, end }: ReturnType<NonNullable<Stage["fold"]>>,
  docs: Iterable<Doc>,
  turns: Turns,
): Promise<Iterable<Doc>> {
  for (const doc of docs) {
    add(doc);
    if (turns.isOver()) await turns.next();
  }
  return end();
}

/** Documents that a stage is given at once. */
const portion = 100;

/** All of the input is read before anything is written: it may come from the same collection. */
async function portioned(stage: Stage, docs: Iterable<Doc>, turns: Turns): Promise<Iterable<Doc>> {
  const all: Doc[] = [];
  await folded({ add: (doc) => all.push(doc), end: () => all }, docs, turns);
  // Once at least: the target is checked even if there is nothing to write.
  for (let start = 0; start === 0 || start < all.length; start += portion) {
    for (const _ of stage(all.slice(start, start + portion)));
    if (turns.isOver()) await turns.next();
  }
  return [];
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

function compileAll(stages: Doc[], context: PipelineContext, scope: Scope): Stage[] {
  checkPlace(stages);
  return stages.map((stage) => compileStage(stage, context, scope));
}

const inARow =
  (stages: Stage[]): Stage =>
  (input) =>
    stages.reduce((docs, stage) => stage(docs), input);

const compileStages = (stages: Doc[], context: PipelineContext, scope: Scope): Stage =>
  inARow(compileAll(stages, context, scope));

function compileStage(stage: Doc, context: PipelineContext, scope: Scope): Stage {
  const [name, ...others] = isDoc(stage) ? Object.keys(stage) : [];
  if (name === undefined || others.length > 0) {
    return fail(40323, "A pipeline stage specification object must contain exactly one field.");
  }
  const make = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!make) return fail(40324, `Unrecognized pipeline stage name: '${name}'`);
  return make(stage[name] ?? null, { name, context, scope, pipeline: compileStages });
}
