import type { EvaluationContext } from "./context.ts";
import { fail } from "./errors.ts";
import { compileExpression } from "./expressions/compile.ts";
import { type Scope, scopeOf } from "./expressions/scope.ts";
import { compileCondition } from "./filters/operators.ts";
import { all, any, type Matcher, not } from "./filters/predicate.ts";
import { compileSchema } from "./filters/schema.ts";
import { type Doc, isDoc, type Value } from "./values/codec.ts";
import { isTrue, kindOf } from "./values/kinds.ts";
import { type Position, someAt } from "./values/paths.ts";

/** A compiled filter: a test, and the same test with the array index for the positional `$`. */
export type Filter = ((doc: Doc) => boolean) & {
  match(doc: Doc): { matched: boolean; position?: number };
};

/**
 * Compiles MongoDB's query language; `scope` gives `$expr` more variables than the command's. Throws BadValue for an unknown operator or a malformed argument;
 * `$text`, `$where` and geometry are refused.
 */
export function compileFilter(
  filter: Doc,
  context: EvaluationContext,
  scope: Scope = scopeOf(context),
): Filter {
  const matches = compileMatcher(filter, context, scope);
  return Object.assign((doc: Doc) => matches(doc, undefined), {
    match(doc: Doc) {
      const position: Position = { index: undefined };
      const matched = matches(doc, position);
      return position.index === undefined ? { matched } : { matched, position: position.index };
    },
  });
}

/** A filter that can also see values inside documents, with the position of the match. */
export function compileMatcher(
  filter: Doc,
  context: EvaluationContext,
  scope: Scope = scopeOf(context),
): Matcher {
  return all(
    Object.entries(filter).map(([name, argument]) =>
      name.startsWith("$")
        ? compileTop(name, argument, context, scope)
        : compileField(name, argument, context),
    ),
  );
}

function compileField(name: string, condition: Value, context: EvaluationContext): Matcher {
  const path = name.split(".");
  return compileCondition(
    condition,
    ({ test, intoLeaf, negate }) =>
      negate
        ? (doc) => !someAt(doc, path, 0, intoLeaf, test, undefined)
        : (doc, position) => someAt(doc, path, 0, intoLeaf, test, position),
    { context, filter: (inner) => compileMatcher(inner, context) },
  );
}

function compileTop(
  name: string,
  argument: Value,
  context: EvaluationContext,
  scope: Scope,
): Matcher {
  switch (name) {
    case "$and":
      return all(clauses(name, argument, context, scope));
    case "$or":
      return any(clauses(name, argument, context, scope));
    case "$nor":
      return not(any(clauses(name, argument, context, scope)));
    case "$expr": {
      const run = compileExpression(argument, scope);
      return (doc) => isTrue(run(doc as Doc));
    }
    case "$jsonSchema": {
      if (!isDoc(argument)) return fail("TypeMismatch", "$jsonSchema must be an object");
      const schema = compileSchema(argument);
      return (doc) => schema(doc as Doc) === undefined;
    }
    case "$comment":
      return () => true;
    case "$sampleRate": {
      const rate = Number(String(argument));
      if (!(rate >= 0 && rate <= 1))
        fail("BadValue", "numeric argument to $sampleRate must be in [0, 1]");
      return () => Math.random() < rate;
    }
    case "$alwaysTrue":
      return () => true;
    case "$alwaysFalse":
      return () => false;
    case "$text":
    case "$where":
      return fail("NotImplemented", `${name} is not supported by the embedded server`);
    default:
      return fail("BadValue", `unknown top level operator: ${name}`);
  }
}

function clauses(
  name: string,
  argument: Value,
  context: EvaluationContext,
  scope: Scope,
): Matcher[] {
  if (!Array.isArray(argument)) {
    return fail("BadValue", `${name} argument must be an array, but found ${kindOf(argument)}`);
  }
  if (argument.length === 0) fail("BadValue", "$and/$or/$nor must be a nonempty array");
  return argument.map((clause) => {
    if (!isDoc(clause)) return fail("BadValue", "$or/$and/$nor entries need to be full objects");
    return compileMatcher(clause, context, scope);
  });
}
