import { Int32 } from "bson";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { namedSpec } from "../expressions/operator.ts";
import type { Run, Scope } from "../expressions/scope.ts";
import { compileSort } from "../sort.ts";
import { unitLengths } from "../values/calendar.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { keyOf } from "../values/key.ts";
import { isNumber } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import { compileAccumulator } from "./accumulators.ts";
import { type MakeStage, replaceField } from "./stage.ts";

type Order = (a: Doc, b: Doc) => number;
/** The value of an output field for each document of a sorted partition. */
type Output = (docs: Doc[]) => (Value | undefined)[];

/**
 * `$setWindowFields` with every accumulator over windows of documents or of a numeric or time range,
 * and with ranks, `$documentNumber`, `$shift` and `$locf`. Derivatives, integrals, moving averages with
 * weights and linear fills are refused.
 */
export const setWindowFields: MakeStage = (argument, { scope }) => {
  const spec = namedSpec("$setWindowFields", argument, ["output"], ["partitionBy", "sortBy"]);
  const sortBy = isDoc(spec.sortBy) ? spec.sortBy : undefined;
  const order = sortBy && compileSort(sortBy, scope.collation);
  const partitionOf = compileExpression(spec.partitionBy ?? null, scope);
  if (!isDoc(spec.output))
    return fail("FailedToParse", "$setWindowFields requires 'output' to be an object");
  const outputs = Object.entries(spec.output).map(([path, output]) => ({
    path: path.split("."),
    compute: compileOutput(output, sortBy, order, scope),
  }));
  return function* (input) {
    for (const docs of partitions(input, partitionOf, scope)) {
      const sorted = order ? docs.sort(order) : docs;
      let results = sorted;
      for (const { path, compute } of outputs) {
        const values = compute(sorted);
        results = results.map((doc, index) => replaceField(doc, path, values[index]));
      }
      yield* results;
    }
  };
};

function partitions(input: Iterable<Doc>, partitionOf: Run, { collation }: Scope): Iterable<Doc[]> {
  const found = new Map<string, Doc[]>();
  for (const doc of input) {
    const key = keyOf(partitionOf(doc) ?? null, collation);
    const docs = found.get(key);
    if (docs) docs.push(doc);
    else found.set(key, [doc]);
  }
  return found.values();
}

function compileOutput(
  output: Value,
  sortBy: Doc | undefined,
  order: Order | undefined,
  scope: Scope,
): Output {
  if (!isDoc(output))
    return fail("FailedToParse", `The field must be an object: ${describe(output)}`);
  const { window, ...rest } = output;
  const [name = ""] = Object.keys(rest);
  const sorted = order ?? (() => 0);
  switch (name) {
    case "$documentNumber":
      return (docs) => docs.map((_, index) => new Int32(index + 1));
    case "$rank":
    case "$denseRank":
      if (!order) fail(5371602, `${name} must be specified with a top level sortBy expression`);
      return (docs) => ranks(docs, sorted, name === "$denseRank");
    case "$shift":
      return compileShift(rest.$shift ?? null, scope);
    case "$locf":
      return carried(compileExpression(rest.$locf ?? null, scope));
    case "$derivative":
    case "$integral":
    case "$expMovingAvg":
    case "$linearFill":
    case "$covariancePop":
    case "$covarianceSamp":
    case "$minMaxScaler":
      return fail("NotImplemented", `${name} is not supported by the embedded server`);
  }
  const { collect, finish } = compileAccumulator(name, rest, scope);
  const reach = compileWindow(window, sortBy);
  return (docs) => {
    const values = docs.map(collect);
    return docs.map((_, index) => {
      const [from, to] = reach(docs, index);
      return finish(values.slice(Math.max(0, from), Math.max(0, to + 1)));
    });
  };
}

function ranks(docs: Doc[], order: Order, dense: boolean): Value[] {
  let rank = 0;
  return docs.map((doc, index) => {
    const previous = docs[index - 1];
    if (!previous || order(previous, doc) !== 0) rank = dense ? rank + 1 : index + 1;
    return new Int32(rank);
  });
}

function compileShift(argument: Value, scope: Scope): Output {
  const spec = namedSpec("$shift", argument, ["output", "by"], ["default"]);
  const output = compileExpression(spec.output ?? null, scope);
  const otherwise = compileExpression(spec.default ?? null, scope)({}) ?? null;
  const by = isNumber(spec.by)
    ? toDouble(spec.by)
    : fail("FailedToParse", "'$shift:by' field must be an integer");
  return (docs) =>
    docs.map((_, index) => {
      const other = docs[index + by];
      return other ? (output(other) ?? null) : otherwise;
    });
}

function carried(run: Run): Output {
  return (docs) => {
    let last: Value = null;
    return docs.map((doc) => {
      last = run(doc) ?? last;
      return last;
    });
  };
}

/** The first and last index of the window around a document. */
type Reach = (docs: Doc[], index: number) => [number, number];

function compileWindow(window: Value | undefined, sortBy: Doc | undefined): Reach {
  if (window === undefined) return (docs) => [0, docs.length - 1];
  const { documents, range, unit } = isDoc(window)
    ? window
    : fail("FailedToParse", "'window' field must be an object");
  if (documents !== undefined) {
    const [from, to] = boundsOf(documents);
    return (docs, index) => [
      from === "unbounded" ? 0 : index + from,
      to === "unbounded" ? docs.length - 1 : Math.min(docs.length - 1, index + to),
    ];
  }
  const [field, ...others] = Object.entries(sortBy ?? {});
  if (!field || others.length > 0)
    return fail(5339902, "Range-based bounds require sortBy a single field");
  const [path] = field;
  const scale = unit === undefined ? 1 : lengthOf(unit);
  const [from, to] = boundsOf(range ?? null);
  return (docs, index) => {
    const at = (doc: Doc | undefined) => position(doc?.[path]);
    const here = at(docs[index]);
    const first =
      from === "unbounded" ? 0 : docs.findIndex((doc) => at(doc) >= here + from * scale);
    const last =
      to === "unbounded"
        ? docs.length - 1
        : docs.findLastIndex((doc) => at(doc) <= here + to * scale);
    return [first < 0 ? docs.length : first, last];
  };
}

function lengthOf(unit: Value): number {
  return typeof unit === "string" && Object.hasOwn(unitLengths, unit)
    ? unitLengths[unit as keyof typeof unitLengths]
    : fail(
        "NotImplemented",
        `a window's unit '${describe(unit)}' is not supported by the embedded server`,
      );
}

function position(value: Value | undefined): number {
  if (value instanceof Date) return value.getTime();
  return isNumber(value)
    ? toDouble(value)
    : fail(5429414, "Invalid range: Expected the sortBy field to be a number or a date");
}

function boundsOf(bounds: Value): [number | "unbounded", number | "unbounded"] {
  if (!Array.isArray(bounds) || bounds.length !== 2)
    return fail("FailedToParse", "Window bounds must be a 2-element array");
  const [from, to] = bounds.map((bound) => {
    if (bound === "current") return 0;
    if (bound === "unbounded") return "unbounded" as const;
    return isNumber(bound)
      ? toDouble(bound)
      : fail("FailedToParse", "Window bounds must be 'unbounded', 'current', or a number");
  });
  return [from ?? 0, to ?? 0];
}
