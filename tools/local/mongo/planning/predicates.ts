import { BSONRegExp } from "bson";
import { isOperators } from "../filters/operators.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { isTrue } from "../values/kinds.ts";

const comparisons = ["$gt", "$gte", "$lt", "$lte"] as const;
export type Comparison = (typeof comparisons)[number];

/** What a filter demands of one path, in the forms an index can serve; anything else is left to the filter. */
export type Predicate = { path: string } & (
  | { kind: "in"; values: Value[] }
  | { kind: "range"; operator: Comparison; value: Value }
  | { kind: "regex"; value: BSONRegExp }
  | { kind: "exists"; value: boolean }
);

const isComparison = (name: string): name is Comparison => comparisons.some((c) => c === name);

/** The predicates that must all hold of a document that matches `filter`; not all that it demands. */
export function predicatesOf(filter: Doc, below = ""): Predicate[] {
  return Object.entries(filter).flatMap(([name, condition]) => {
    if (name === "$and" || (name === "$or" && Array.isArray(condition) && condition.length === 1)) {
      return Array.isArray(condition)
        ? condition.flatMap((part) => (isDoc(part) ? predicatesOf(part, below) : []))
        : [];
    }
    return name.startsWith("$") ? [] : conditionOf(below + name, condition);
  });
}

function conditionOf(path: string, condition: Value): Predicate[] {
  if (condition instanceof BSONRegExp) return [{ path, kind: "regex", value: condition }];
  if (!isOperators(condition)) return [{ path, kind: "in", values: [condition] }];
  return Object.entries(condition).flatMap(([name, argument]) =>
    operatorOf(path, name, argument, condition),
  );
}

function operatorOf(path: string, name: string, argument: Value, siblings: Doc): Predicate[] {
  if (isComparison(name)) return [{ path, kind: "range", operator: name, value: argument }];
  switch (name) {
    case "$eq":
      return [{ path, kind: "in", values: [argument] }];
    case "$in":
      return Array.isArray(argument) ? [{ path, kind: "in", values: argument }] : [];
    case "$exists":
      return [{ path, kind: "exists", value: isTrue(argument) }];
    case "$regex": {
      const regex =
        argument instanceof BSONRegExp
          ? argument
          : new BSONRegExp(String(argument), String(siblings.$options ?? ""));
      return siblings.$options && argument instanceof BSONRegExp
        ? []
        : [{ path, kind: "regex", value: regex }];
    }
    case "$all":
      return Array.isArray(argument) && argument[0] !== undefined
        ? conditionOf(path, argument[0])
        : [];
    case "$elemMatch":
      if (!isDoc(argument)) return [];
      return isOperators(argument)
        ? conditionOf(path, argument)
        : predicatesOf(argument, `${path}.`);
    default:
      return [];
  }
}

/** Whether a document that lacks the path, or holds null there, can't satisfy the predicate. */
export function demandsValue(predicate: Predicate): boolean {
  switch (predicate.kind) {
    case "in":
      return predicate.values.every((value) => value !== null);
    case "range":
      return predicate.value !== null;
    case "regex":
      return true;
    case "exists":
      return predicate.value;
  }
}
