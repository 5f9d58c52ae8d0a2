import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compileFilter, compileMatcher } from "../filter.ts";
import { compileCondition, isOperators } from "../filters/operators.ts";
import { compileSort } from "../sort.ts";
import { isDoc, type Value } from "../values/codec.ts";
import { compare, equal, identical } from "../values/compare.ts";
import { isNumber, kindOf } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";
import { describe } from "../values/text.ts";
import type { MakeModifier } from "./fields.ts";

/** `$push`, with `$each`, `$position`, `$slice` and `$sort`. */
export const push: MakeModifier = (argument, { collation }) => {
  const plain = !(isDoc(argument) && "$each" in argument);
  const clauses = plain ? { $each: [argument] } : argument;
  for (const name of Object.keys(clauses)) {
    if (!pushClauses.has(name)) fail("BadValue", `Unrecognized clause in $push: ${name}`);
  }
  const each = list(clauses.$each, "$each", "$push");
  const position = wholeClause(clauses.$position, "$position");
  const slice = wholeClause(clauses.$slice, "$slice");
  const order = clauses.$sort === undefined ? undefined : elementOrder(clauses.$sort, collation);
  return {
    creates: true,
    apply(value, { path }) {
      const items = value === undefined ? [] : arrayAt(value, path, "$push");
      const at = position === undefined || position > items.length ? items.length : position;
      let result = items.toSpliced(at, 0, ...each);
      if (order) result.sort(order);
      if (slice !== undefined) result = slice < 0 ? result.slice(slice) : result.slice(0, slice);
      return value !== undefined && identical(value, result) ? value : result;
    },
  };
};

const pushClauses = new Set(["$each", "$position", "$slice", "$sort"]);

/** `$addToSet`, with `$each`. */
export const addToSet: MakeModifier = (argument, { collation }) => {
  const many = isDoc(argument) && "$each" in argument;
  const each = many ? list(argument.$each, "$each", "$addToSet") : [argument];
  return {
    creates: true,
    apply(value, { path }) {
      const items = value === undefined ? [] : arrayAt(value, path, "$addToSet");
      const added: Value[] = [];
      for (const item of each) {
        const same = (other: Value) => equal(other, item, collation);
        if (!items.some(same) && !added.some(same)) added.push(item);
      }
      return value !== undefined && added.length === 0 ? value : [...items, ...added];
    },
  };
};

/** `$pop`: 1 takes the last element, -1 the first. */
export const pop: MakeModifier = (argument) => {
  const end = isNumber(argument)
    ? toDouble(argument)
    : fail("FailedToParse", `Expected a number in: ${describe(argument)}`);
  if (end !== 1 && end !== -1) {
    fail("FailedToParse", `$pop expects 1 or -1, found: ${describe(argument)}`);
  }
  return {
    creates: false,
    apply(value, { path }) {
      if (value === undefined) return undefined;
      if (!Array.isArray(value)) {
        return fail(
          "TypeMismatch",
          `Path '${path}' contains an element of non-array type '${kindOf(value)}'`,
        );
      }
      if (value.length === 0) return value;
      return end === 1 ? value.slice(0, -1) : value.slice(1);
    },
  };
};

/** `$pull`: a value, a condition on the elements, or a filter on elements that are documents. */
export const pull: MakeModifier = (argument, context) => {
  const pulled = pullTest(argument, context);
  return removing("$pull", pulled);
};

export const pullAll: MakeModifier = (argument, { collation }) => {
  if (!Array.isArray(argument)) {
    return fail(
      "BadValue",
      `$pullAll requires an array argument but was given a ${kindOf(argument)}`,
    );
  }
  return removing("$pullAll", (item) => argument.some((other) => equal(item, other, collation)));
};

function pullTest(argument: Value, context: EvaluationContext): (item: Value) => boolean {
  if (isDoc(argument) && !isOperators(argument)) {
    const filter = compileFilter(argument, context);
    return (item) => isDoc(item) && filter(item);
  }
  if (!isOperators(argument) && kindOf(argument) !== "regex") {
    return (item) => equal(item, argument, context.collation);
  }
  const matches = compileCondition(
    argument,
    ({ test, negate }) =>
      (item) =>
        test(item, undefined) !== negate,
    { context, filter: (inner) => compileMatcher(inner, context) },
  );
  return (item) => matches(item, undefined);
}

function removing(name: string, pulled: (item: Value) => boolean) {
  return {
    creates: false,
    apply(value: Value | undefined) {
      if (value === undefined) return undefined;
      if (!Array.isArray(value))
        return fail("BadValue", `Cannot apply ${name} to a non-array value`);
      const kept = value.filter((item) => !pulled(item));
      return kept.length === value.length ? value : kept;
    },
  };
}

function elementOrder(
  spec: Value,
  collation: EvaluationContext["collation"],
): (a: Value, b: Value) => number {
  if (isDoc(spec)) {
    const order = compileSort(spec, collation);
    const wrap = (item: Value) => (isDoc(item) ? item : {});
    return (a, b) => order(wrap(a), wrap(b));
  }
  const direction = isNumber(spec) ? toDouble(spec) : 0;
  if (direction !== 1 && direction !== -1) {
    fail("BadValue", "The $sort element value must be either 1 or -1");
  }
  return (a, b) => compare(a, b, collation) * direction;
}

function wholeClause(value: Value | undefined, name: string): number | undefined {
  if (value === undefined) return undefined;
  const number = isNumber(value) ? toDouble(value) : Number.NaN;
  if (!Number.isInteger(number)) {
    fail(
      "BadValue",
      `The value for ${name} must be an integer value but was given type: ${kindOf(value)}`,
    );
  }
  return number;
}

function list(value: Value | undefined, name: string, operator: string): Value[] {
  if (Array.isArray(value)) return value;
  return fail(
    operator === "$push" ? "BadValue" : "TypeMismatch",
    `The argument to ${name} in ${operator} must be an array but it was of type: ${kindOf(value)}`,
  );
}

function arrayAt(value: Value, path: string, operator: string): Value[] {
  if (Array.isArray(value)) return value;
  const field = path.split(".").at(-1);
  return fail(
    "BadValue",
    operator === "$push"
      ? `The field '${field}' must be an array but is of type ${kindOf(value)}`
      : `Cannot apply ${operator} to non-array field. Field named '${field}' has non-array type ${kindOf(value)}`,
  );
}
