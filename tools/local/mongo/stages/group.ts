import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import type { Result } from "../expressions/operator.ts";
import type { Run, Scope } from "../expressions/scope.ts";
import { compileSort } from "../sort.ts";
import { type Doc, isDoc, setField, type Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { keyOf } from "../values/key.ts";
import { isNumber } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import { type Accumulator, compileAccumulator } from "./accumulators.ts";
import { folding, type MakeStage, type Stage } from "./stage.ts";

type Field = { name: string; accumulator: Accumulator };

function compileFields(spec: Doc, scope: Scope): Field[] {
  return Object.entries(spec).map(([name, value]) => {
    if (name.includes(".")) fail(40235, `The field name '${name}' cannot contain '.'`);
    return { name, accumulator: compileAccumulator(name, value, scope) };
  });
}

function summarize(id: Value, fields: Field[], collected: Result[][]): Doc {
  const summary: Doc = { _id: id };
  for (const [index, { name, accumulator }] of fields.entries()) {
    setField(summary, name, accumulator.finish(collected[index] ?? []) ?? null);
  }
  return summary;
}

type Group = { id: Value; collected: Result[][] };

/** Groups documents by a value; the groups come in the order of their first documents, or in another. */
function grouping(
  idOf: Run,
  fields: Field[],
  { collation }: Scope,
  inOrder = (groups: Group[]): Group[] => groups,
): Stage {
  return folding(() => {
    const groups = new Map<string, Group>();
    return {
      add: (doc) => {
        const id = idOf(doc) ?? null;
        const key = keyOf(id, collation);
        let group = groups.get(key);
        if (!group) {
          group = { id, collected: fields.map(() => []) };
          groups.set(key, group);
        }
        for (const [index, { accumulator }] of fields.entries()) {
          group.collected[index]?.push(accumulator.collect(doc));
        }
      },
      end: function* () {
        for (const { id, collected } of inOrder([...groups.values()])) {
          yield summarize(id, fields, collected);
        }
      },
    };
  });
}

/** `$group`. Throws Location15955 without an `_id`. */
export const group: MakeStage = (spec, { scope }) => {
  if (!isDoc(spec)) return fail(15947, "a group's fields must be specified in an object");
  const { _id, ...rest } = spec;
  if (_id === undefined) return fail(15955, "a group specification must include an _id");
  const fields = compileFields(rest, scope);
  return grouping(compileExpression(_id, scope), fields, scope);
};

/** `$sortByCount`: a group by an expression, the largest first. */
export const sortByCount: MakeStage = (spec, compiler) => {
  const counted = group({ _id: spec, count: { $sum: new Int32(1) } }, compiler);
  const order = compileSort({ count: new Int32(-1) });
  return (input) => [...counted(input)].sort(order);
};

const counting: Doc = { count: { $sum: new Int32(1) } };

/** `$bucket`: groups by ranges with the given boundaries. */
export const bucket: MakeStage = (spec, { scope }) => {
  if (!isDoc(spec)) return fail(40201, "Argument to $bucket stage must be an object");
  const { groupBy, boundaries, output, ...rest } = spec;
  if (groupBy === undefined || !Array.isArray(boundaries)) {
    return fail(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  }
  const bounds = boundaries.map((bound) => compileExpression(bound, scope)({}) ?? null);
  for (const [index, bound] of bounds.entries()) {
    const previous = bounds[index - 1];
    if (index > 0 && compare(previous, bound, scope.collation) >= 0) {
      fail(40194, "The 'boundaries' option to $bucket must be sorted in ascending order");
    }
  }
  if (bounds.length < 2) fail(40192, "The $bucket 'boundaries' field must have at least 2 values");
  const valueFor = compileExpression(groupBy, scope);
  const otherwise =
    "default" in rest ? (compileExpression(rest.default ?? null, scope)({}) ?? null) : undefined;
  const bucketOf: Run = (doc) => {
    const value = valueFor(doc);
    const above = bounds.findIndex((bound) => compare(value, bound, scope.collation) < 0);
    const found = above > 0 ? bounds[above - 1] : otherwise;
    return found !== undefined
      ? found
      : fail(
          40066,
          "$switch could not find a matching branch for an input, and no default was specified.",
        );
  };
  const fields = compileFields(isDoc(output) ? output : counting, scope);
  return grouping(bucketOf, fields, scope, (groups) =>
    groups.sort((a, b) => compare(a.id, b.id, scope.collation)),
  );
};

/** `$bucketAuto`: so many groups of nearly one size; `granularity` is refused. */
export const bucketAuto: MakeStage = (spec, { scope }) => {
  if (!isDoc(spec)) return fail(40240, "The argument to $bucketAuto must be an object");
  const { groupBy, buckets, output, granularity } = spec;
  if (granularity !== undefined) {
    fail(
      "NotImplemented",
      "$bucketAuto with 'granularity' is not supported by the embedded server",
    );
  }
  const count = isNumber(buckets) ? toDouble(buckets) : 0;
  if (groupBy === undefined || !(Number.isInteger(count) && count > 0)) {
    return fail(
      40246,
      `$bucketAuto requires 'groupBy' and a whole number of 'buckets', found: ${describe(buckets)}`,
    );
  }
  const valueFor = compileExpression(groupBy, scope);
  const fields = compileFields(isDoc(output) ? output : counting, scope);
  return automatic(valueFor, count, fields, scope);
};

function automatic(valueFor: Run, count: number, fields: Field[], { collation }: Scope): Stage {
  return function* (input) {
    const items = [...input].map((doc) => ({ doc, value: valueFor(doc) ?? null }));
    items.sort((a, b) => compare(a.value, b.value, collation));
    const size = Math.max(1, Math.round(items.length / count));
    let start = 0;
    for (let made = 1; start < items.length; made += 1) {
      let end = made === count ? items.length : Math.min(items.length, start + size);
      // Equal values stay in one bucket.
      while (
        end < items.length &&
        compare(items[end]?.value, items[end - 1]?.value, collation) === 0
      )
        end += 1;
      const docs = items.slice(start, end).map(({ doc }) => doc);
      const max = items[end]?.value ?? items[end - 1]?.value ?? null;
      const id = { min: items[start]?.value ?? null, max };
      yield summarize(
        id,
        fields,
        fields.map(({ accumulator }) => docs.map(accumulator.collect)),
      );
      start = end;
    }
  };
}
