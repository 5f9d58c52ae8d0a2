/** What the commands that read a collection share. */
import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { scopeOf } from "../expressions/scope.ts";
import { type Plan, plan, type Query } from "../planner.ts";
import type { Collection } from "../storage/collection.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { parseCollation } from "../values/collation.ts";
import type { Request } from "./command.ts";
import { optional, parseFields, wholeFrom } from "./fields.ts";
import { fullName } from "./namespace.ts";

/** What expressions of one statement see: the time, the command's `let` and a collation. */
export const evaluationOf = (
  request: Request,
  given: { let?: Doc | undefined; collation?: Doc | undefined },
): EvaluationContext => {
  const context: EvaluationContext = { now: request.now, deadline: request.deadline };
  const collation = parseCollation(given.collation);
  if (collation) context.collation = collation;
  if (given.let) context.variables = evaluateLet(given.let, context);
  return context;
};

/** The values of a command's `let`: expressions over constants. */
const evaluateLet = (given: Doc, context: EvaluationContext): Record<string, Value> => {
  const scope = scopeOf(context);
  const values: Record<string, Value> = {};
  for (const [name, expression] of Object.entries(given)) {
    values[name] = compileExpression(expression, scope)({}) ?? null;
  }
  return values;
};

export const collectionOf = (request: Request, name: string): Collection | undefined =>
  request.server.store.collection(fullName(request.db, name));

export type QueryArguments = {
  filter?: Doc | undefined;
  sort?: Doc | undefined;
  hint?: Doc | string | undefined;
  skip?: number | undefined;
  limit?: number | undefined;
  min?: Doc | undefined;
  max?: Doc | undefined;
};

/** An empty document says as little as none. */
export const isGiven = (doc: Doc | undefined): doc is Doc =>
  doc !== undefined && Object.keys(doc).length > 0;

/** Plans a query from a command's arguments, of which any may be absent. */
export const planQuery = (
  collection: Collection | undefined,
  { filter = {}, sort, hint, skip, limit, min, max }: QueryArguments,
  context: EvaluationContext,
): Plan => {
  const query: Query = { filter };
  if (isGiven(sort)) query.sort = sort;
  if (isGiven(min)) query.min = min;
  if (isGiven(max)) query.max = max;
  if (typeof hint === "string" || isGiven(hint)) query.hint = hint;
  if (skip) query.skip = skip;
  if (limit) query.limit = limit;
  return plan(collection, query, context);
};

/** The `batchSize` inside a command's `cursor` option; `path` is what errors call that option. */
export const batchSizeOf = (cursor: Doc, path: string): number | undefined =>
  parseFields(path, { batchSize: optional(wholeFrom(0)) }, cursor).batchSize;

/** A hint is an index by its name or by its key pattern. */
export const hintOf = (value: Value): Doc | string =>
  typeof value === "string" || isDoc(value)
    ? value
    : fail("FailedToParse", "Hint must be a string or an object");

export function* mapLazily<T, U>(items: Iterable<T>, change: (item: T) => U): Iterable<U> {
  for (const item of items) yield change(item);
}
