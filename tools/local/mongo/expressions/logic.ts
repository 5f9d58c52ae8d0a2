import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { isNullish, isTrue } from "../values/kinds.ts";
import {
  binary,
  type Compile,
  constant,
  folded,
  type Node,
  namedSpec,
  type Operators,
  positional,
  special,
  unary,
} from "./operator.ts";
import type { Scope } from "./scope.ts";

/** Boolean, comparison and conditional operators: the branches not taken are not evaluated. */
export const logicOperators: Operators = {
  $and: special((argument, scope, compile, name) => {
    const args = positional(name, argument, 0, Number.POSITIVE_INFINITY, scope, compile);
    if (args.some((arg) => arg.constant && !isTrue(arg.run({})))) return constant(false);
    return folded(args, (doc) => {
      for (const arg of args) if (!isTrue(arg.run(doc))) return false;
      return true;
    });
  }),
  $or: special((argument, scope, compile, name) => {
    const args = positional(name, argument, 0, Number.POSITIVE_INFINITY, scope, compile);
    return folded(args, (doc) => {
      for (const arg of args) if (isTrue(arg.run(doc))) return true;
      return false;
    });
  }),
  $not: unary((a) => !isTrue(a)),
  $cmp: binary((a, b, { collation }) => new Int32(compare(a, b, collation))),
  $eq: binary((a, b, { collation }) => compare(a, b, collation) === 0),
  $ne: binary((a, b, { collation }) => compare(a, b, collation) !== 0),
  $gt: binary((a, b, { collation }) => compare(a, b, collation) > 0),
  $gte: binary((a, b, { collation }) => compare(a, b, collation) >= 0),
  $lt: binary((a, b, { collation }) => compare(a, b, collation) < 0),
  $lte: binary((a, b, { collation }) => compare(a, b, collation) <= 0),
  $cond: special(compileCondition),
  $ifNull: special((argument, scope, compile, name) => {
    const args = Array.isArray(argument) ? argument : [argument];
    if (args.length < 2) {
      fail(1257300, "$ifNull needs at least two arguments, had: 1");
    }
    const nodes = positional(name, args, 2, Number.POSITIVE_INFINITY, scope, compile);
    const last = nodes.pop() ?? constant(null);
    return folded([...nodes, last], (doc) => {
      for (const node of nodes) {
        const value = node.run(doc);
        if (!isNullish(value)) return value;
      }
      return last.run(doc);
    });
  }),
  $switch: special(compileSwitch),
};

function compileCondition(argument: Value, scope: Scope, compile: Compile, name: string): Node {
  const parts = Array.isArray(argument)
    ? positional(name, argument, 3, 3, scope, compile)
    : conditionParts(argument).map((part) => compile(part, scope));
  const [test, then, otherwise] = parts;
  if (!test || !then || !otherwise) return constant(undefined);
  if (test.constant) return isTrue(test.run({})) ? then : otherwise;
  return { run: (doc) => (isTrue(test.run(doc)) ? then : otherwise).run(doc), constant: false };
}

const partCodes = new Map([
  ["if", 17080],
  ["then", 17081],
  ["else", 17082],
]);

function conditionParts(argument: Value): Value[] {
  if (!isDoc(argument)) {
    return fail(16020, "Expression $cond takes exactly 3 arguments. 1 were passed in.");
  }
  for (const key of Object.keys(argument)) {
    if (!partCodes.has(key)) fail(17083, `Unrecognized parameter to $cond: ${key}`);
  }
  return [...partCodes].map(([part, code]) => argument[part] ?? missingPart(argument, part, code));
}

const missingPart = (argument: Doc, part: string, code: number): null =>
  part in argument ? null : fail(code, `Missing '${part}' parameter to $cond`);

function compileSwitch(argument: Value, scope: Scope, compile: Compile): Node {
  if (!isDoc(argument)) {
    return fail(40060, "$switch requires an object as an argument, found something else");
  }
  for (const key of Object.keys(argument)) {
    if (key !== "branches" && key !== "default")
      fail(40067, `$switch found an unknown argument: ${key}`);
  }
  const { branches } = argument;
  if (!Array.isArray(branches)) return fail(40061, "$switch expected an array for 'branches'");
  if (branches.length === 0) fail(40068, "$switch requires at least one branch.");
  const cases = branches.map((branch) => {
    const spec = namedSpec("$switch", branch, ["case", "then"], []);
    return {
      test: compile(spec.case ?? null, scope),
      result: compile(spec.then ?? null, scope),
    };
  });
  const otherwise = argument.default === undefined ? undefined : compile(argument.default, scope);
  const nodes = cases.flatMap(({ test, result }) => [test, result]);
  return folded(otherwise ? [...nodes, otherwise] : nodes, (doc) => {
    for (const { test, result } of cases) if (isTrue(test.run(doc))) return result.run(doc);
    if (otherwise) return otherwise.run(doc);
    return fail(
      40066,
      "$switch could not find a matching branch for an input, and no default was specified.",
    );
  });
}
