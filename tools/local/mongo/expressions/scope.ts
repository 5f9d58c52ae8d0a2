import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import type { Doc, Value } from "../values/codec.ts";
import type { Collation } from "../values/collation.ts";
import { constant, type Node } from "./operator.ts";

/** Reads a value out of the current document; `undefined` is a missing one. */
export type Run = (doc: Doc) => Value | undefined;

/** Where a variable's value stands while the expressions that read it run. */
export type Cell = { value: Value | undefined };

/** What names mean where an expression stands. */
export type Scope = {
  now: Node;
  collation: Collation | undefined;
  cells: ReadonlyMap<string, Cell>;
  /** Set where `$$ROOT` is not the current document (`$redact`). */
  root?: Cell;
};

export function scopeOf(context: EvaluationContext): Scope {
  const cells = new Map<string, Cell>();
  for (const [name, value] of Object.entries(context.variables ?? {})) cells.set(name, { value });
  const { clock } = context;
  const now: Node = clock ? { run: () => clock.value, constant: false } : constant(context.now);
  return { now, collation: context.collation, cells };
}

/** A scope with further variables, and their cells in the order of the names. */
export function declare(scope: Scope, names: string[]): { scope: Scope; cells: Cell[] } {
  const cells = names.map((): Cell => ({ value: undefined }));
  const inner = new Map(scope.cells);
  for (const [index, name] of names.entries()) {
    const cell = cells[index];
    if (cell) inner.set(name, cell);
  }
  return { scope: { ...scope, cells: inner }, cells };
}

/** Throws FailedToParse for a name that a user's variable may not have. */
export function checkVariableName(name: string): void {
  if (name === "") fail("FailedToParse", "empty variable names are not allowed");
  if (!/^[a-z\u0080-\uffff]/.test(name)) {
    fail("FailedToParse", `'${name}' starts with an invalid character for a user variable name`);
  }
  if (!/^[A-Za-z0-9_\u0080-\uffff]*$/.test(name)) {
    fail("FailedToParse", `'${name}' contains an invalid character for a variable name`);
  }
}
