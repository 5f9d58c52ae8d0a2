import { Double } from "bson";
import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../values/codec.ts";
import { isNullish, kindOf } from "../values/kinds.ts";
import {
  type Compile,
  constant,
  folded,
  type Node,
  namedSpec,
  type Operators,
  type Result,
  special,
  unary,
  variadic,
} from "./operator.ts";
import type { Scope } from "./scope.ts";

/** Operators on documents. */
export const objectOperators: Operators = {
  $mergeObjects: variadic(0, Number.POSITIVE_INFINITY, (args) => {
    const merged: Doc = {};
    for (const arg of args) mergeInto(merged, arg);
    return merged;
  }),
  $objectToArray: unary((value) => {
    if (isNullish(value)) return null;
    if (!isDoc(value))
      return fail(40390, `$objectToArray requires a document input, found: ${kindOf(value)}`);
    return Object.entries(value).map(([k, v]) => ({ k, v }));
  }),
  $getField: special((argument, scope, compile) => {
    const spec: Doc = isNamedGet(argument)
      ? namedSpec("$getField", argument, ["field"], ["input"])
      : { field: argument };
    const name = compile(spec.field ?? null, scope);
    const input = compile("input" in spec ? (spec.input ?? null) : "$$CURRENT", scope);
    return folded([name, input], (doc) => {
      const field = fieldName("$getField", name.run(doc), 3041704);
      const from = input.run(doc);
      if (isDoc(from)) return getField(from, field);
      return from === null ? null : undefined;
    });
  }),
  $setField: special((argument, scope, compile) => {
    const spec = namedSpec("$setField", argument, ["field", "input", "value"], []);
    return fieldSetter("$setField", spec, compile(spec.value ?? null, scope), scope, compile);
  }),
  $unsetField: special((argument, scope, compile) => {
    const spec = namedSpec("$unsetField", argument, ["field", "input"], []);
    return fieldSetter("$unsetField", spec, constant(undefined), scope, compile);
  }),
  $rand: special(() => ({ run: () => new Double(Math.random()), constant: false })),
  $meta: special(() => fail("NotImplemented", "$meta is not supported by the embedded server")),
};

/** Adds the fields of a document to another. Throws Location40400 for what is neither document nor null. */
export function mergeInto(merged: Doc, value: Result): void {
  if (isNullish(value)) return;
  if (!isDoc(value)) {
    fail(
      40400,
      `$mergeObjects requires object inputs, but input ${String(value)} is of type ${kindOf(value)}`,
    );
  }
  for (const name of Object.keys(value)) setField(merged, name, value[name] ?? null);
}

const isNamedGet = (argument: Value): argument is Doc =>
  isDoc(argument) && !Object.keys(argument)[0]?.startsWith("$");

const fieldName = (operator: string, name: Result, code: number): string =>
  typeof name === "string"
    ? name
    : fail(
        code,
        `${operator} requires 'field' to evaluate to type String, but got ${kindOf(name)}`,
      );

function fieldSetter(
  operator: string,
  spec: { [name: string]: Value },
  value: Node,
  scope: Scope,
  compile: Compile,
): Node {
  const name = compile(spec.field ?? null, scope);
  if (!name.constant) fail(4161106, `${operator} requires 'field' to evaluate to a constant`);
  const field = fieldName(operator, name.run({}), 4161107);
  const input = compile(spec.input ?? null, scope);
  return folded([input, value], (doc) => {
    const from = input.run(doc);
    if (isNullish(from)) return null;
    if (!isDoc(from))
      return fail(4161105, `${operator} requires 'input' to evaluate to type Object`);
    const result = { ...from };
    const set = value.run(doc);
    if (set === undefined) delete result[field];
    else setField(result, field, set);
    return result;
  });
}
