import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { type Doc, setField, type Value } from "../values/codec.ts";
import { compileExpression } from "./compile.ts";
import { checkVariableName, scopeOf } from "./scope.ts";

/**
 * Evaluates a command's `let`, whose expressions see no document and none of each other. Throws
 * FailedToParse for a bad name and BadValue for a value that would be missing.
 */
export function evaluateLet(spec: Doc, context: EvaluationContext): Record<string, Value> {
  const scope = scopeOf(context);
  const variables: Doc = {};
  for (const [name, expression] of Object.entries(spec)) {
    checkVariableName(name);
    const value = compileExpression(expression, scope)({});
    if (value === undefined) fail("BadValue", `let variable '${name}' has no value`);
    setField(variables, name, value);
  }
  return variables;
}
