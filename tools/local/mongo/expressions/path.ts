import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, type Value } from "../values/codec.ts";
import { constant, type Node } from "./operator.ts";
import type { Run, Scope } from "./scope.ts";

// Statements come with the same paths over and over; what a field path means depends on nothing else.
const fieldPaths = new Map<string, Node>();

function compileFieldPath(text: string): Node {
  let node = fieldPaths.get(text);
  if (!node) {
    node = { run: compilePath(checkedPath(text.slice(1))), constant: false };
    if (fieldPaths.size >= 10_000) fieldPaths.clear();
    fieldPaths.set(text, node);
  }
  return node;
}

/** `$field.path` or `$$variable.path`. Throws 17276 for a variable that nothing defines. */
export function compileReference(text: string, scope: Scope): Node {
  if (!text.startsWith("$$")) return compileFieldPath(text);
  const [name = "", ...path] = checkedPath(text.slice(2));
  const start = compileVariable(name, scope);
  if (path.length === 0) return start;
  const read = (value: Value | undefined) => at(value, path, 0);
  return start.constant
    ? constant(read(start.run({})))
    : { run: (doc) => read(start.run(doc)), constant: false };
}

/** Reads a path from the current document; inside arrays it gathers from every document. */
export function compilePath(path: string[]): Run {
  const [first = "", second] = path;
  // Reading a name that every object inherits needs the slower check for an own field.
  if (path.some((name) => name in Object.prototype)) return (doc) => at(doc, path, 0);
  if (second === undefined) return (doc) => doc[first];
  return (doc) => rest(doc[first], path, 1);
}

/** Splits a field path. Throws as MongoDB does for an empty part or one that starts with `$`. */
function checkedPath(text: string): string[] {
  if (text === "") fail(16872, "'$' by itself is not a valid FieldPath");
  if (text.endsWith(".")) fail(40353, "FieldPath must not end with a '.'.");
  const path = text.split(".");
  for (const name of path) {
    if (name === "") fail(15998, "FieldPath field names may not be empty strings.");
    if (name.startsWith("$")) {
      fail(
        16410,
        "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
      );
    }
  }
  return path;
}

function at(value: Value | undefined, path: string[], from: number): Value | undefined {
  if (from === path.length) return value;
  const name = path[from] ?? "";
  if (isDoc(value)) return at(getField(value, name), path, from + 1);
  if (!Array.isArray(value)) return undefined;
  const found: Value[] = [];
  for (const item of value) {
    // Only documents are entered: an array inside an array ends the path.
    const inner = isDoc(item) ? at(item, path, from) : undefined;
    if (inner !== undefined) found.push(inner);
  }
  return found;
}

const rest = (value: Value | undefined, path: string[], from: number): Value | undefined =>
  value === undefined || value === null ? undefined : at(value, path, from);

function compileVariable(name: string, scope: Scope): Node {
  switch (name) {
    case "CURRENT":
      return { run: (doc: Doc) => doc, constant: false };
    case "ROOT": {
      const { root } = scope;
      return { run: root ? () => root.value : (doc) => doc, constant: false };
    }
    case "NOW":
      return scope.now;
    case "REMOVE":
      return constant(undefined);
    case "CLUSTER_TIME":
    case "USER_ROLES":
      return fail("NotImplemented", `$$${name} is not supported by the embedded server`);
  }
  const cell = scope.cells.get(name);
  if (!cell) return fail(17276, `Use of undefined variable: ${name}`);
  return { run: () => cell.value, constant: false };
}
