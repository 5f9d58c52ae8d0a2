import { Int32, Long } from "bson";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { declare, type Run } from "../expressions/scope.ts";
import { compileFilter } from "../filter.ts";
import { compileSort } from "../sort.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../values/codec.ts";
import { isNumber, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import { filterContext, folding, type MakeStage, replaceField } from "./stage.ts";

/** Stages that let documents through, order, count or repeat them. */
export const match: MakeStage = (spec, compiler) => {
  if (!isDoc(spec)) return fail(15959, "the match filter must be an expression in an object");
  const filter = compileFilter(spec, filterContext(compiler), compiler.scope);
  return function* (input) {
    for (const doc of input) if (filter(doc)) yield doc;
  };
};

export const sort: MakeStage = (spec, { scope }) => {
  if (!isDoc(spec)) return fail(15973, "the $sort key specification must be an object");
  if (Object.keys(spec).length === 0) fail(15976, "$sort stage must have at least one sort key");
  const order = compileSort(spec, scope.collation);
  return folding(() => {
    const docs: Doc[] = [];
    return { add: (doc) => docs.push(doc), end: () => docs.sort(order) };
  });
};

export const limit: MakeStage = (spec) => {
  const most = count(spec, 2107201, "invalid argument to $limit stage");
  if (most === 0) fail(15958, "the limit must be positive");
  return function* (input) {
    let seen = 0;
    for (const doc of input) {
      yield doc;
      seen += 1;
      if (seen >= most) return;
    }
  };
};

export const skip: MakeStage = (spec) => {
  const passed = count(spec, 5107200, "invalid argument to $skip stage");
  return function* (input) {
    let seen = 0;
    for (const doc of input) {
      if (seen >= passed) yield doc;
      seen += 1;
    }
  };
};

function count(spec: Value, code: number, message: string): number {
  const value = isNumber(spec) ? toDouble(spec) : Number.NaN;
  if (Number.isInteger(value) && value >= 0) return value;
  return fail(code, `${message}: Expected a non-negative whole number in: ${describe(spec)}`);
}

export const countDocs: MakeStage = (spec) => {
  if (typeof spec !== "string" || spec === "")
    return fail(40156, "the count field must be a non-empty string");
  if (spec.startsWith("$")) fail(40158, "the count field cannot be a $-prefixed path");
  if (spec.includes(".")) fail(40160, "the count field cannot contain '.'");
  return function* (input) {
    let total = 0;
    for (const _ of input) total += 1;
    if (total > 0) yield { [spec]: new Int32(total) };
  };
};

export const sample: MakeStage = (spec) => {
  const size = isDoc(spec) && isNumber(spec.size) ? toDouble(spec.size) : Number.NaN;
  if (!(size > 0)) fail(28747, "size argument to $sample must be a positive integer");
  return (input) => {
    const drawn = [...input].map((doc) => ({ doc, at: Math.random() }));
    return drawn
      .sort((a, b) => a.at - b.at)
      .slice(0, size)
      .map(({ doc }) => doc);
  };
};

/** `$unwind`: one document for each element. */
export const unwind: MakeStage = (spec) => {
  const { path, includeArrayIndex, preserveNullAndEmptyArrays } = isDoc(spec)
    ? spec
    : { path: spec };
  if (typeof path !== "string")
    return fail(28808, "expected a string as the path for $unwind stage");
  if (!path.startsWith("$"))
    fail(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  const names = path.slice(1).split(".");
  const index = includeArrayIndex === undefined ? undefined : String(includeArrayIndex);
  const keep = preserveNullAndEmptyArrays === true;
  const numbered = (doc: Doc, at: number | undefined): Doc => {
    if (index === undefined) return doc;
    return replaceField(doc, index.split("."), at === undefined ? null : Long.fromNumber(at));
  };
  return function* (input) {
    for (const doc of input) {
      const value = valueAt(doc, names);
      if (!Array.isArray(value)) {
        if (keep || (value !== undefined && value !== null)) yield numbered(doc, undefined);
      } else if (value.length === 0) {
        if (keep) yield numbered(replaceField(doc, names, undefined), undefined);
      } else {
        for (const [at, item] of value.entries())
          yield numbered(replaceField(doc, names, item), at);
      }
    }
  };
};

function valueAt(doc: Doc, names: string[]): Value | undefined {
  let value: Value | undefined = doc;
  for (const name of names) value = isDoc(value) ? getField(value, name) : undefined;
  return value;
}

/** `$redact`: keeps, prunes or enters each document inside. */
export const redact: MakeStage = (spec, { scope }) => {
  const { scope: inner, cells } = declare(scope, ["KEEP", "PRUNE", "DESCEND"]);
  for (const [index, name] of ["keep", "prune", "descend"].entries()) {
    const cell = cells[index];
    if (cell) cell.value = name;
  }
  const root = { value: undefined as Value | undefined };
  const decide = compileExpression(spec, { ...inner, root });
  return function* (input) {
    for (const doc of input) {
      root.value = doc;
      const kept = redacted(doc, decide);
      if (kept) yield kept;
    }
  };
};

function redacted(doc: Doc, decide: Run): Doc | undefined {
  const decision = decide(doc);
  if (decision === "keep") return doc;
  if (decision === "prune") return undefined;
  if (decision !== "descend") {
    return fail(
      17053,
      `$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, but returned ${describe(decision)}`,
    );
  }
  const result: Doc = {};
  for (const [name, value] of Object.entries(doc)) {
    const kept = redactedValue(value, decide);
    if (kept !== undefined) setField(result, name, kept);
  }
  return result;
}

function redactedValue(value: Value, decide: Run): Value | undefined {
  if (isDoc(value)) return redacted(value, decide);
  if (!Array.isArray(value)) return value;
  return value
    .map((item) => redactedValue(item, decide))
    .filter((item): item is Value => item !== undefined);
}

/** `$documents`: literal documents in place of a collection's. */
export const documents: MakeStage = (spec, { scope }) => {
  const docs = compileExpression(spec, scope)({});
  if (!Array.isArray(docs))
    return fail(5858203, `$documents must evaluate to an array, found ${kindOf(docs)}`);
  const checked = docs.map((doc) =>
    isDoc(doc) ? doc : fail(40228, `an array is expected to hold documents, found ${kindOf(doc)}`),
  );
  return () => checked;
};
