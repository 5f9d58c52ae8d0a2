import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { isNumber } from "../values/kinds.ts";
import { toDouble } from "../values/numbers.ts";

/**
 * What a value breaks of a schema: one document per rule, as MongoDB explains it; empty if none.
 * `valid` is a value that breaks nothing of the same schema: what it shares with `value` need not be
 * looked at again.
 */
export type Check = (value: Value, valid?: Value) => readonly Doc[];

/** Nothing is broken. */
export const none: readonly Doc[] = [];

/** Compiles one keyword, which may look at those beside it. */
export type MakeRule = (argument: Value, schema: Doc, compile: (schema: Doc) => Check) => Check;

/** What a broken rule says of itself. */
export const broken = (keyword: string, argument: Value, more: Doc): Doc[] => [
  { operatorName: keyword, specifiedAs: { [keyword]: argument }, ...more },
];

export function numberOf(keyword: string, argument: Value): number {
  return isNumber(argument)
    ? toDouble(argument)
    : fail("TypeMismatch", `$jsonSchema keyword '${keyword}' must be a number`);
}

export function countOf(keyword: string, argument: Value): number {
  const count = numberOf(keyword, argument);
  if (Number.isInteger(count) && count >= 0) return count;
  return fail(
    "FailedToParse",
    `$jsonSchema keyword '${keyword}' must be a whole number of 0 or more`,
  );
}

export function schemaOf(keyword: string, argument: Value | undefined): Doc {
  return isDoc(argument)
    ? argument
    : fail("TypeMismatch", `$jsonSchema keyword '${keyword}' must be an object`);
}

export function listOf(keyword: string, argument: Value): Value[] {
  if (!Array.isArray(argument)) {
    return fail("TypeMismatch", `$jsonSchema keyword '${keyword}' must be an array`);
  }
  if (argument.length === 0) {
    fail("FailedToParse", `$jsonSchema keyword '${keyword}' must not be an empty array`);
  }
  return argument;
}
