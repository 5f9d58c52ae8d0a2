import { fail } from "../errors.ts";
import { isDoc, type Value } from "../values/codec.ts";
import type { Run, Scope } from "./scope.ts";

export type Result = Value | undefined;

/** A compiled expression, and whether it is the same for every document. */
export type Node = { run: Run; constant: boolean };

export type Compile = (spec: Value, scope: Scope) => Node;

/** Arguments by name; those not given are missing. */
export type Named = { readonly [name: string]: Result };

/**
 * An operator. The simple kinds get their arguments evaluated; `special` compiles its own, because it
 * evaluates some of them not at all, or many times. `varies` keeps it from being folded to a constant.
 */
export type Operator =
  | { kind: "unary"; run: (a: Result, scope: Scope) => Result }
  | { kind: "binary"; run: (a: Result, b: Result, scope: Scope) => Result }
  | {
      kind: "variadic";
      least: number;
      most: number;
      run: (args: Result[], scope: Scope) => Result;
    }
  | {
      kind: "named";
      required: string[];
      optional: string[];
      run: (args: Named, scope: Scope) => Result;
    }
  | {
      kind: "special";
      compile: (argument: Value, scope: Scope, compile: Compile, name: string) => Node;
    };

export type Operators = { readonly [name: string]: Operator };

export const unary = (run: (a: Result, scope: Scope) => Result): Operator => ({
  kind: "unary",
  run,
});

export const binary = (run: (a: Result, b: Result, scope: Scope) => Result): Operator => ({
  kind: "binary",
  run,
});

export const variadic = (
  least: number,
  most: number,
  run: (args: Result[], scope: Scope) => Result,
): Operator => ({ kind: "variadic", least, most, run });

export const named = (
  required: string[],
  optional: string[],
  run: (args: Named, scope: Scope) => Result,
): Operator => ({ kind: "named", required, optional, run });

export const special = (
  compile: (argument: Value, scope: Scope, compile: Compile, name: string) => Node,
): Operator => ({ kind: "special", compile });

export const constant = (value: Result): Node => ({ run: () => value, constant: true });

/** Compiles an operator's arguments, unless it does so itself. Throws for a wrong number or name. */
export function compileOperator(
  name: string,
  operator: Operator,
  argument: Value,
  scope: Scope,
  compile: Compile,
): Node {
  switch (operator.kind) {
    case "special":
      return operator.compile(argument, scope, compile, name);
    case "unary": {
      const [a] = positional(name, argument, 1, 1, scope, compile);
      const { run } = operator;
      return a ? folded([a], (doc) => run(a.run(doc), scope)) : constant(undefined);
    }
    case "binary": {
      const [a, b] = positional(name, argument, 2, 2, scope, compile);
      if (!a || !b) return constant(undefined);
      const { run } = operator;
      return folded([a, b], (doc) => run(a.run(doc), b.run(doc), scope));
    }
    case "variadic": {
      const args = positional(name, argument, operator.least, operator.most, scope, compile);
      const { run } = operator;
      return folded(args, (doc) =>
        run(
          args.map((arg) => arg.run(doc)),
          scope,
        ),
      );
    }
    case "named": {
      const args = byName(name, argument, operator.required, operator.optional, scope, compile);
      const { run } = operator;
      return folded(
        args.map(([, node]) => node),
        (doc) => {
          const values: Record<string, Result> = {};
          for (const [key, node] of args) values[key] = node.run(doc);
          return run(values, scope);
        },
      );
    }
  }
}

/** An operator over constants is evaluated once; if that fails, it fails only when it is reached. */
export function folded(args: Node[], run: Run): Node {
  if (!args.every((arg) => arg.constant)) return { run, constant: false };
  try {
    return constant(run({}));
  } catch {
    return { run, constant: false };
  }
}

/** Arguments given as an array, or one given bare. Throws 16020 or 28667 for a wrong number. */
export function positional(
  name: string,
  argument: Value,
  least: number,
  most: number,
  scope: Scope,
  compile: Compile,
): Node[] {
  const args = Array.isArray(argument) ? argument : [argument];
  if (args.length < least || args.length > most) {
    if (least === most) {
      fail(
        16020,
        `Expression ${name} takes exactly ${least} arguments. ${args.length} were passed in.`,
      );
    }
    fail(
      28667,
      `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${args.length} were passed in.`,
    );
  }
  return args.map((arg) => compile(arg, scope));
}

/** Arguments given as a document. Throws FailedToParse for one that is unknown or lacking. */
export function byName(
  name: string,
  argument: Value,
  required: string[],
  optional: string[],
  scope: Scope,
  compile: Compile,
): [string, Node][] {
  const spec = namedSpec(name, argument, required, optional);
  return Object.entries(spec).map(([key, value]) => [key, compile(value, scope)]);
}

/** The document of an operator's named arguments, checked but not compiled. */
export function namedSpec(
  name: string,
  argument: Value,
  required: string[],
  optional: string[],
): { [name: string]: Value } {
  if (!isDoc(argument))
    return fail("FailedToParse", `${name} only supports an object as its argument`);
  for (const key of Object.keys(argument)) {
    if (!required.includes(key) && !optional.includes(key)) {
      fail("FailedToParse", `Unrecognized argument to ${name}: ${key}`);
    }
  }
  for (const key of required) {
    if (!(key in argument)) fail("FailedToParse", `Missing '${key}' parameter to ${name}`);
  }
  return argument;
}
