import { compileFilter } from "../filter.ts";
import { isOperators } from "../filters/operators.ts";
import type { Index } from "../storage/index.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { compare } from "../values/compare.ts";
import { isTrue, rankOf } from "../values/kinds.ts";
import { demandsValue, type Predicate } from "./predicates.ts";

/** Whether every document that satisfies the predicates is in the index, sparse or partial as it may be. */
export function coversAll(index: Index, predicates: readonly Predicate[]): boolean {
  if (index.partial) return implies(predicates, index.partial);
  if (!index.sparse) return true;
  return index.fields.some(({ path }) =>
    predicates.some((predicate) => predicate.path === path && demandsValue(predicate)),
  );
}

/** Whether documents that satisfy the predicates must match a partial index's filter; false if unsure. */
function implies(predicates: readonly Predicate[], partial: Doc): boolean {
  return Object.entries(partial).every(([name, condition]) => {
    if (Array.isArray(condition) && (name === "$and" || name === "$or")) {
      const parts = condition.filter(isDoc);
      return name === "$and"
        ? parts.every((part) => implies(predicates, part))
        : parts.some((part) => implies(predicates, part));
    }
    const about = predicates.filter(({ path }) => path === name);
    const demands: Doc = isOperators(condition) ? condition : { $eq: condition };
    return Object.entries(demands).every(([operator, value]) =>
      about.some((predicate) => impliesOne(predicate, operator, value)),
    );
  });
}

function impliesOne(predicate: Predicate, operator: string, value: Value): boolean {
  if (operator === "$exists" && isTrue(value) && demandsValue(predicate)) return true;
  if (predicate.kind === "in") {
    const test = compileFilter({ value: { [operator]: value } }, { now: new Date(0) });
    // What holds of an array as a whole need not hold of the value that is looked for in it.
    return predicate.values.every(
      (each) => !Array.isArray(each) && test({ value: each }) && (each !== null || test({})),
    );
  }
  if (predicate.kind !== "range" || predicate.operator.slice(0, 3) !== operator.slice(0, 3)) {
    return false;
  }
  if (rankOf(predicate.value) !== rankOf(value)) return false;
  const order = compare(predicate.value, value) * (operator.startsWith("$gt") ? 1 : -1);
  return (
    order > 0 || (order === 0 && (operator.endsWith("e") || !predicate.operator.endsWith("e")))
  );
}
