import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { whole } from "../expressions/arrays.ts";
import { compileExpression } from "../expressions/compile.ts";
import { mergeInto } from "../expressions/objects.ts";
import { namedSpec, type Result } from "../expressions/operator.ts";
import type { Run, Scope } from "../expressions/scope.ts";
import { checkMethod, percentiles, sharesOf, statistics } from "../expressions/statistics.ts";
import { compileSort } from "../sort.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { keyOf } from "../values/key.ts";
import { isNullish } from "../values/kinds.ts";

/** Gathers one value from each document of a group, then makes the group's figure of them. */
export type Accumulator = {
  collect: Run;
  finish: (values: Result[]) => Value | undefined;
};

type MakeAccumulator = (argument: Value, scope: Scope, name: string) => Accumulator;

const over =
  (finish: (values: Result[], scope: Scope) => Value | undefined): MakeAccumulator =>
  (argument, scope, name) => {
    if (Array.isArray(argument)) fail(40237, `The ${name} accumulator is a unary operator`);
    return {
      collect: compileExpression(argument, scope),
      finish: (values) => finish(values, scope),
    };
  };

const present = (values: Result[]): Value[] =>
  values.filter((value): value is Value => value !== undefined);

function distinct(values: Result[], { collation }: Scope): Value[] {
  const set = new Map<string, Value>();
  for (const value of present(values)) {
    const key = keyOf(value, collation);
    if (!set.has(key)) set.set(key, value);
  }
  return [...set.values()];
}

/** `$firstN`, `$lastN`, `$minN`, `$maxN`: `{ input, n }`. */
const several =
  (choose: (values: Result[], n: number, scope: Scope) => Value[]): MakeAccumulator =>
  (argument, scope, name) => {
    const spec = namedSpec(name, argument, ["input", "n"], []);
    const n = countOf(spec.n ?? null, scope);
    return {
      collect: compileExpression(spec.input ?? null, scope),
      finish: (values) => choose(values, n, scope),
    };
  };

function countOf(spec: Value, scope: Scope): number {
  const n = whole(
    compileExpression(spec, scope)({}),
    5787902,
    "Value for 'n' must be of integral type",
  );
  return n > 0 ? n : fail(5787908, `'n' must be greater than 0, found ${n}`);
}

const filled = (values: Result[]): Value[] => values.map((value) => value ?? null);

/** `$top`, `$bottom` and their N forms: the output of the documents first or last in an order. */
const ranked =
  (from: "top" | "bottom", many: boolean): MakeAccumulator =>
  (argument, scope, name) => {
    const spec = namedSpec(name, argument, ["sortBy", "output", ...(many ? ["n"] : [])], []);
    if (!isDoc(spec.sortBy)) return fail(5788604, `${name} requires 'sortBy' to be an object`);
    const order = compileSort(spec.sortBy, scope.collation);
    const output = compileExpression(spec.output ?? null, scope);
    const n = many ? countOf(spec.n ?? null, scope) : 1;
    return {
      collect: (doc) => doc,
      finish: (docs) => {
        const sorted = docs.filter(isDoc).sort(order);
        const chosen = from === "top" ? sorted.slice(0, n) : sorted.slice(-n);
        const outputs = filled(chosen.map(output));
        return many ? outputs : outputs[0];
      },
    };
  };

const accumulators: { readonly [name: string]: MakeAccumulator } = {
  ...Object.fromEntries(
    Object.entries(statistics).map(([name, statistic]) => [name, over(statistic)]),
  ),
  $first: over((values) => values[0] ?? null),
  $last: over((values) => values.at(-1) ?? null),
  $push: over(present),
  $addToSet: over(distinct),
  $mergeObjects: over((values) => {
    const merged: Doc = {};
    for (const value of values) mergeInto(merged, value);
    return merged;
  }),
  $count: (argument) => {
    if (!isDoc(argument) || Object.keys(argument).length > 0) {
      fail("TypeMismatch", "$count takes no arguments, i.e. $count:{}");
    }
    return { collect: () => null, finish: (values) => new Int32(values.length) };
  },
  $firstN: several((values, n) => filled(values.slice(0, n))),
  $lastN: several((values, n) => filled(values.slice(-n))),
  $minN: several((values, n, { collation }) =>
    solid(values)
      .sort((a, b) => compare(a, b, collation))
      .slice(0, n),
  ),
  $maxN: several((values, n, { collation }) =>
    solid(values)
      .sort((a, b) => compare(b, a, collation))
      .slice(0, n),
  ),
  $top: ranked("top", false),
  $topN: ranked("top", true),
  $bottom: ranked("bottom", false),
  $bottomN: ranked("bottom", true),
  $median: (argument, scope, name) => {
    const spec = namedSpec(name, argument, ["input", "method"], []);
    checkMethod(spec.method);
    return {
      collect: compileExpression(spec.input ?? null, scope),
      finish: (values) => percentiles(values, [0.5])[0],
    };
  },
  $percentile: (argument, scope, name) => {
    const spec = namedSpec(name, argument, ["input", "p", "method"], []);
    checkMethod(spec.method);
    const shares = sharesOf(compileExpression(spec.p ?? null, scope)({}));
    return {
      collect: compileExpression(spec.input ?? null, scope),
      finish: (values) => percentiles(values, shares),
    };
  },
};

const solid = (values: Result[]): Value[] =>
  values.filter((value): value is Value => !isNullish(value));

/** Compiles `{ $sum: expression }` and the like. Throws Location15952 for an unknown accumulator. */
export function compileAccumulator(field: string, spec: Value, scope: Scope): Accumulator {
  if (!isDoc(spec)) return fail(40234, `The field '${field}' must be an accumulator object`);
  const [name = "", ...others] = Object.keys(spec);
  if (others.length > 0) fail(40238, `The field '${field}' must specify one accumulator`);
  const make = Object.hasOwn(accumulators, name) ? accumulators[name] : undefined;
  if (!make) return fail(15952, `unknown group operator '${name}'`);
  return make(spec[name] ?? null, scope, name);
}
