import { serialize } from "bson";
import { ServerError } from "../../../../tools/local/mongo/errors.ts";
import { compileExpression } from "../../../../tools/local/mongo/expressions/compile.ts";
import { scopeOf } from "../../../../tools/local/mongo/expressions/scope.ts";
import { type Doc, decode, type Value } from "../../../../tools/local/mongo/values/codec.ts";

/** A document as it arrives over the wire: whole numbers are Int32, others Double. */
export const doc = (value: Record<string, unknown>): Doc => decode(serialize(value));

/** A value as it arrives over the wire. */
export const value = (given: unknown): Value => doc({ given }).given ?? null;

export const docs = (values: Record<string, unknown>[]): Doc[] => values.map(doc);

export const context = { now: new Date("2026-03-04T05:06:07.089Z") };

/** The code of the ServerError that `work` throws; undefined if it throws none. */
export function codeOf(work: () => unknown): number | undefined {
  try {
    work();
  } catch (error) {
    if (error instanceof ServerError) return error.code;
    throw error;
  }
  return undefined;
}

/** An expression's value on a document. */
export const evaluate = (expression: unknown, document: Record<string, unknown> = {}) =>
  compileExpression(value(expression), scopeOf(context))(doc(document));

/** A branch of `$switch`. */
export const branch = (test: unknown, result: unknown) =>
  // biome-ignore lint/suspicious/noThenProperty: the name is MongoDB's; nothing awaits it
  ({ case: test, then: result });
