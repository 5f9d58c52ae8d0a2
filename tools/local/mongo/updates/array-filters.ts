import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compileMatcher } from "../filter.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";

/**
 * Compiles `arrayFilters` by identifier. Throws FailedToParse for a filter on no or several
 * identifiers, for two filters on one, and for one the update does not use; BadValue for an
 * identifier without a filter.
 */
export function compileArrayFilters(
  arrayFilters: Doc[],
  used: Set<string>,
  context: EvaluationContext,
): Map<string, (item: Value) => boolean> {
  const tests = new Map<string, (item: Value) => boolean>();
  for (const filter of arrayFilters) {
    const name = identifierOf(filter);
    if (tests.has(name)) {
      fail(
        "FailedToParse",
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    }
    if (!used.has(name)) {
      fail("FailedToParse", `The array filter for identifier '${name}' was not used in the update`);
    }
    const matches = compileMatcher(filter, context);
    // An element stands under its identifier, so that the filter's paths lead into it.
    tests.set(name, (item) => matches({ [name]: item }, undefined));
  }
  for (const name of used) {
    if (!tests.has(name)) {
      fail("BadValue", `No array filter found for identifier '${name}' in path`);
    }
  }
  return tests;
}

function identifierOf(filter: Doc): string {
  const names = new Set(identifiers(filter));
  const [name] = names;
  if (name === undefined) {
    return fail(
      "FailedToParse",
      "Cannot use an expression without a top-level field name in arrayFilters",
    );
  }
  if (names.size > 1) {
    fail(
      "FailedToParse",
      `Error parsing array filter: Expected a single top-level field name, found '${[...names].join("' and '")}'`,
    );
  }
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
    fail(
      "BadValue",
      `Error parsing array filter: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
    );
  }
  return name;
}

function identifiers(filter: Doc): string[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (!name.startsWith("$")) return [name.split(".")[0] ?? ""];
    return Array.isArray(value) ? value.filter(isDoc).flatMap(identifiers) : [];
  });
}
