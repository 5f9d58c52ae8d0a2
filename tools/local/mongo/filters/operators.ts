import { BSONRegExp } from "bson";
import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { isTrue } from "../values/kinds.ts";
import type { Test } from "../values/paths.ts";
import { among, equals, matchesRegex, ofType, ordered } from "./comparison.ts";
import { arraySize, bitsAre, remainderIs } from "./numeric.ts";
import { all, type Matcher, none, not, type Predicate, some, whole } from "./predicate.ts";

/** Turns a condition on a value into one on the subject: at a path, or on the value itself. */
export type Place = (predicate: Predicate) => Matcher;

type Compiler = {
  context: EvaluationContext;
  /** The whole filter language, for documents inside arrays. */
  filter: (filter: Doc) => Matcher;
};

const onValue: Place =
  ({ test, negate }) =>
  (value, position) =>
    test(value, position) !== negate;

/** Whether a document is conditions (`{ $gt: 1 }`) rather than a value to be equal to. */
export function isOperators(value: Value | undefined): value is Doc {
  if (!isDoc(value)) return false;
  const first = Object.keys(value)[0];
  return first?.startsWith("$") === true && first !== "$ref" && first !== "$id" && first !== "$db";
}

/** One field's condition: operators, a regular expression, or a value to equal. */
export function compileCondition(condition: Value, place: Place, compiler: Compiler): Matcher {
  if (isOperators(condition)) return compileOperators(condition, place, compiler);
  if (condition instanceof BSONRegExp) return place(some(matchesRegex(condition)));
  return place(some(equals(condition, compiler.context.collation)));
}

function compileOperators(operators: Doc, place: Place, compiler: Compiler): Matcher {
  return all(
    Object.entries(operators).map(([name, argument]) =>
      compileOperator(name, argument, operators, place, compiler),
    ),
  );
}

function compileOperator(
  name: string,
  argument: Value,
  siblings: Doc,
  place: Place,
  compiler: Compiler,
): Matcher {
  const { collation } = compiler.context;
  switch (name) {
    case "$eq":
      return place(some(equals(argument, collation)));
    case "$ne":
      if (argument instanceof BSONRegExp) fail("BadValue", "Can't have regex as arg to $ne.");
      return place(none(equals(argument, collation)));
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return place(some(ordered(name, argument, collation)));
    case "$in":
      return place(some(among(list(name, argument), collation)));
    case "$nin":
      return place(none(among(list(name, argument), collation)));
    case "$exists": {
      const exists: Test = (value) => value !== undefined;
      return place(isTrue(argument) ? some(exists) : none(exists));
    }
    case "$type":
      return place(some(ofType(argument)));
    case "$regex":
      return place(some(matchesRegex(regexArgument(argument, siblings.$options))));
    case "$options":
      if (!("$regex" in siblings)) fail("BadValue", "$options needs a $regex");
      return () => true;
    case "$mod":
      return place(some(remainderIs(argument)));
    case "$bitsAllSet":
    case "$bitsAnySet":
    case "$bitsAllClear":
    case "$bitsAnyClear":
      return place(some(bitsAre(name, argument)));
    case "$size": {
      const size = arraySize(argument);
      return place(whole((value) => Array.isArray(value) && value.length === size));
    }
    case "$not":
      return not(negated(argument, place, compiler));
    case "$all":
      return allOf(argument, place, compiler);
    case "$elemMatch":
      return place(whole(elementMatches(argument, compiler)));
    case "$comment":
      return () => true;
    case "$geoWithin":
    case "$geoIntersects":
    case "$near":
    case "$nearSphere":
    case "$within":
      return fail("NotImplemented", `${name} is not supported by the embedded server`);
    default:
      return fail("BadValue", `unknown operator: ${name}`);
  }
}

function list(name: string, argument: Value): Value[] {
  if (!Array.isArray(argument)) return fail("BadValue", `${name} needs an array`);
  if (argument.some(isOperators)) fail("BadValue", `cannot nest $ under ${name}`);
  return argument;
}

function regexArgument(argument: Value, options: Value | undefined): BSONRegExp {
  if (options !== undefined && typeof options !== "string") {
    fail("BadValue", "$options has to be a string");
  }
  if (argument instanceof BSONRegExp) {
    if (options && argument.options) fail(51075, "options set in both $regex and $options");
    return options ? new BSONRegExp(argument.pattern, options) : argument;
  }
  if (typeof argument !== "string") return fail("BadValue", "$regex has to be a string");
  return new BSONRegExp(argument, [...(options ?? "")].sort().join(""));
}

function negated(argument: Value, place: Place, compiler: Compiler): Matcher {
  if (argument instanceof BSONRegExp) return place(some(matchesRegex(argument)));
  if (!isDoc(argument)) return fail("BadValue", "$not needs a regex or a document");
  if (Object.keys(argument).length === 0) fail("BadValue", "$not cannot be empty");
  if (!isOperators(argument)) fail("BadValue", `unknown operator: ${Object.keys(argument)[0]}`);
  return compileOperators(argument, place, compiler);
}

function allOf(argument: Value, place: Place, compiler: Compiler): Matcher {
  if (!Array.isArray(argument)) return fail("BadValue", "$all needs an array");
  if (argument.length === 0) return () => false;
  return all(
    argument.map((item) => {
      if (isDoc(item) && "$elemMatch" in item) return compileOperators(item, place, compiler);
      if (isOperators(item)) return fail("BadValue", "no $ expressions in $all");
      return compileCondition(item, place, compiler);
    }),
  );
}

function elementMatches(argument: Value, compiler: Compiler): Test {
  if (!isDoc(argument)) return fail("BadValue", "$elemMatch needs an Object");
  const matches = compileElementTest(argument, compiler);
  return (value, position) => {
    if (!Array.isArray(value)) return false;
    const index = value.findIndex((item) => matches(item, undefined));
    if (index >= 0 && position) position.index = index;
    return index >= 0;
  };
}

const connectives = new Set(["$and", "$or", "$nor", "$where", "$expr"]);

/** The test of one array element that `$elemMatch` makes. */
export function compileElementTest(argument: Doc, compiler: Compiler): Matcher {
  const first = Object.keys(argument)[0] ?? "";
  if (isOperators(argument) && !connectives.has(first)) {
    return compileOperators(argument, onValue, compiler);
  }
  const matches = compiler.filter(argument);
  return (item) => {
    if (isDoc(item)) return matches(item, undefined);
    return Array.isArray(item) && matches(Object.fromEntries(item.entries()), undefined);
  };
}
