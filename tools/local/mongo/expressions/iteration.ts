import { fail } from "../errors.ts";
import { compileSort } from "../sort.ts";
import { isDoc, type Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { isNullish, isNumber, isTrue, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { Slot } from "../values/template.ts";
import { whole } from "./arrays.ts";
import {
  type Compile,
  constant,
  folded,
  type Node,
  namedSpec,
  type Operators,
  special,
} from "./operator.ts";
import { checkVariableName, declare, type Scope } from "./scope.ts";

/** Operators that evaluate an expression for each element, or under variables. */
export const iterationOperators: Operators = {
  $literal: special((argument: Value | Slot) =>
    argument instanceof Slot ? { run: () => argument.value, constant: false } : constant(argument),
  ),
  $let: special(compileLet),
  $map: special(compileMap),
  $filter: special(compileFilter),
  $reduce: special(compileReduce),
  $sortArray: special(compileSortArray),
};

function compileLet(argument: Value, scope: Scope, compile: Compile): Node {
  const spec = namedSpec("$let", argument, ["vars", "in"], []);
  if (!isDoc(spec.vars)) return fail(10065, "invalid parameter: expected an object (vars)");
  const names = Object.keys(spec.vars);
  for (const name of names) checkVariableName(name);
  const values = Object.values(spec.vars).map((value) => compile(value, scope));
  const { scope: inner, cells } = declare(scope, names);
  const body = compile(spec.in ?? null, inner);
  return folded([...values, body], (doc) => {
    // All values first: none of them sees another.
    const found = values.map((value) => value.run(doc));
    for (const [index, cell] of cells.entries()) cell.value = found[index];
    return body.run(doc);
  });
}

function elementName(spec: { [name: string]: Value }): string {
  if (spec.as === undefined) return "this";
  if (typeof spec.as !== "string") return fail("FailedToParse", "'as' must be a string");
  checkVariableName(spec.as);
  return spec.as;
}

function compileMap(argument: Value, scope: Scope, compile: Compile): Node {
  const spec = namedSpec("$map", argument, ["input", "in"], ["as"]);
  const input = compile(spec.input ?? null, scope);
  const { scope: inner, cells } = declare(scope, [elementName(spec)]);
  const body = compile(spec.in ?? null, inner);
  const [cell] = cells;
  return {
    constant: false,
    run(doc) {
      const array = input.run(doc);
      if (isNullish(array)) return null;
      if (!Array.isArray(array))
        return fail(16883, `input to $map must be an array not ${kindOf(array)}`);
      return array.map((item) => {
        if (cell) cell.value = item;
        return body.run(doc) ?? null;
      });
    },
  };
}

function compileFilter(argument: Value, scope: Scope, compile: Compile): Node {
  const spec = namedSpec("$filter", argument, ["input", "cond"], ["as", "limit"]);
  const input = compile(spec.input ?? null, scope);
  const limit = spec.limit === undefined ? constant(undefined) : compile(spec.limit, scope);
  const { scope: inner, cells } = declare(scope, [elementName(spec)]);
  const test = compile(spec.cond ?? null, inner);
  const [cell] = cells;
  return {
    constant: false,
    run(doc) {
      const array = input.run(doc);
      if (isNullish(array)) return null;
      if (!Array.isArray(array))
        return fail(28651, `input to $filter must be an array not ${kindOf(array)}`);
      const most = mostOf(limit.run(doc));
      const kept: Value[] = [];
      for (const item of array) {
        if (kept.length >= most) break;
        if (cell) cell.value = item;
        if (isTrue(test.run(doc))) kept.push(item);
      }
      return kept;
    },
  };
}

function mostOf(limit: Value | undefined): number {
  if (isNullish(limit)) return Number.POSITIVE_INFINITY;
  const most = whole(
    limit,
    327391,
    "$filter: limit must be represented as a 32-bit integral value",
  );
  return most > 0 ? most : fail(327392, `$filter: limit must be greater than 0, found: ${most}`);
}

function compileReduce(argument: Value, scope: Scope, compile: Compile): Node {
  const spec = namedSpec("$reduce", argument, ["input", "initialValue", "in"], []);
  const input = compile(spec.input ?? null, scope);
  const initial = compile(spec.initialValue ?? null, scope);
  const { scope: inner, cells } = declare(scope, ["this", "value"]);
  const body = compile(spec.in ?? null, inner);
  const [item, value] = cells;
  if (!item || !value) return constant(undefined);
  return {
    constant: false,
    run(doc) {
      const array = input.run(doc);
      if (isNullish(array)) return null;
      if (!Array.isArray(array))
        return fail(40080, `$reduce requires that 'input' be an array, found: ${kindOf(array)}`);
      let accumulated = initial.run(doc);
      for (const element of array) {
        item.value = element;
        value.value = accumulated;
        accumulated = body.run(doc);
      }
      return accumulated;
    },
  };
}

function compileSortArray(argument: Value, scope: Scope, compile: Compile): Node {
  const spec = namedSpec("$sortArray", argument, ["input", "sortBy"], []);
  const input = compile(spec.input ?? null, scope);
  const order = elementOrder(spec.sortBy ?? null, scope);
  return folded([input], (doc) => {
    const array = input.run(doc);
    if (isNullish(array)) return null;
    if (!Array.isArray(array))
      return fail(
        2942504,
        `The input argument to $sortArray must be an array, but was of type: ${kindOf(array)}`,
      );
    return array.toSorted(order);
  });
}

function elementOrder(sortBy: Value, { collation }: Scope): (a: Value, b: Value) => number {
  if (isDoc(sortBy)) {
    const order = compileSort(sortBy, collation);
    return (a, b) => order(isDoc(a) ? a : {}, isDoc(b) ? b : {});
  }
  const direction = isNumber(sortBy) ? toDouble(sortBy) : 0;
  if (direction !== 1 && direction !== -1) {
    fail(2942507, "The $sort element value must be either 1 or -1");
  }
  return (a, b) => compare(a, b, collation) * direction;
}
