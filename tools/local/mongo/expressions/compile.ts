import { fail } from "../errors.ts";
import { type Doc, isDoc, setField, type Value } from "../values/codec.ts";
import { describe } from "../values/text.ts";
import { compileOperator, constant, folded, type Node } from "./operator.ts";
import { compileReference } from "./path.ts";
import type { Run, Scope } from "./scope.ts";
import { operators } from "./table.ts";

/**
 * Compiles an aggregation expression into a function of the current document. Throws MongoDB's errors
 * for unknown operators (168), undefined variables (17276) and malformed arguments; evaluation throws
 * those that depend on the data.
 */
export const compileExpression = (spec: Value, scope: Scope): Run => compileNode(spec, scope).run;

const byName = new Map(Object.entries(operators));

function compileNode(spec: Value, scope: Scope): Node {
  if (typeof spec === "string") {
    return spec.startsWith("$") ? compileReference(spec, scope) : constant(spec);
  }
  if (Array.isArray(spec)) return compileArray(spec, scope);
  if (!isDoc(spec)) return constant(spec);
  let fields = 0;
  let operatorName: string | undefined;
  for (const name in spec) {
    fields += 1;
    if (name.startsWith("$")) operatorName ??= name;
  }
  if (operatorName === undefined) return compileObject(spec, scope);
  if (fields > 1) {
    fail(
      15983,
      `an object representing an expression must have exactly one field: ${describe(spec)}`,
    );
  }
  const operator = byName.get(operatorName);
  if (!operator) {
    return fail("InvalidPipelineOperator", `Unrecognized expression '${operatorName}'`);
  }
  return compileOperator(operatorName, operator, spec[operatorName] ?? null, scope, compileNode);
}

function compileArray(items: Value[], scope: Scope): Node {
  const nodes = items.map((item) => compileNode(item, scope));
  return folded(nodes, (doc) => nodes.map((node) => node.run(doc) ?? null));
}

function compileObject(spec: Doc, scope: Scope): Node {
  const fields = Object.entries(spec).map(([name, value]): [string, Node] => {
    if (name.includes(".")) {
      fail(
        16412,
        "FieldPath field names may not contain '.'. Consider using $getField or $setField.",
      );
    }
    return [name, compileNode(value, scope)];
  });
  return folded(
    fields.map(([, node]) => node),
    (doc) => {
      const object: Doc = {};
      for (const [name, node] of fields) {
        const value = node.run(doc);
        if (value !== undefined) setField(object, name, value);
      }
      return object;
    },
  );
}
