import { Int32 } from "bson";
import type { EvaluationContext } from "./context.ts";
import { compileFilter, type Filter } from "./filter.ts";
import { isOperators } from "./filters/operators.ts";
import { compileSchema } from "./filters/schema.ts";
import { type Doc, isDoc, type Value } from "./values/codec.ts";

/**
 * Compiles a collection's validator, `$jsonSchema` or any filter, into a check that returns undefined
 * for a valid document, else what MongoDB gives under `errInfo.details`. `valid` is an earlier version
 * of the document that passed this same check. Throws like
 * {@link compileFilter}, and FailedToParse for a schema keyword MongoDB does not take.
 */
export function compileValidator(
  validator: Doc,
  context: EvaluationContext,
): (doc: Doc, valid?: Doc) => Doc | undefined {
  const clauses = Object.entries(validator).map(([name, argument]) =>
    compileClause(name, argument, context),
  );
  return (doc, valid) => {
    const failing = clauses.flatMap((clause, index) => {
      const details = clause(doc, valid);
      return details ? [{ index: new Int32(index), details }] : [];
    });
    const [first] = failing;
    if (!first || clauses.length === 1) return first?.details;
    return { operatorName: "$and", clausesNotSatisfied: failing };
  };
}

type Clause = (doc: Doc, valid?: Doc) => Doc | undefined;

function compileClause(name: string, argument: Value, context: EvaluationContext): Clause {
  if (name === "$jsonSchema" && isDoc(argument)) return schemaClause(argument);
  const filter: Filter = compileFilter({ [name]: argument }, context);
  const operatorName = name.startsWith("$")
    ? name
    : isOperators(argument)
      ? (Object.keys(argument)[0] ?? "$eq")
      : "$eq";
  return (doc) =>
    filter(doc)
      ? undefined
      : { operatorName, specifiedAs: { [name]: argument }, reason: "expression did not match" };
}

function schemaClause(schema: Doc): Clause {
  const check = compileSchema(schema);
  const { title, description } = schema;
  return (doc, valid) => {
    const rules = check(doc, valid);
    if (!rules) return undefined;
    return {
      operatorName: "$jsonSchema",
      ...(title !== undefined && { title }),
      ...(description !== undefined && { description }),
      schemaRulesNotSatisfied: rules,
    };
  };
}
