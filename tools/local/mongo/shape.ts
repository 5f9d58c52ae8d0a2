import { fail } from "./errors.ts";
import type { Run } from "./expressions/scope.ts";
import { type Doc, isDoc, setField, type Value } from "./values/codec.ts";

/** What becomes of a field: kept, removed, rewritten, computed from the document, or looked into. */
export type Shape =
  | { kind: "keep" }
  | { kind: "drop" }
  | { kind: "rewrite"; rewrite: (value: Value) => Value | undefined }
  | { kind: "compute"; run: Run }
  | { kind: "inside"; fields: Fields };

export type Fields = {
  shapes: Map<string, Shape>;
  /** Whether anything in here is computed. */
  computes: boolean;
};

export const noFields = (): Fields => ({ shapes: new Map(), computes: false });

/** Puts a shape at a path. Throws Location31249 or 31250 where two paths collide. */
export function putShape(fields: Fields, path: string[], shape: Shape): void {
  let level = fields;
  for (const [depth, name] of path.entries()) {
    if (shape.kind === "compute") level.computes = true;
    const known = level.shapes.get(name);
    if (depth === path.length - 1) {
      if (known) fail(31250, `Path collision at ${path.join(".")}`);
      level.shapes.set(name, shape);
    } else if (known === undefined) {
      const inner = noFields();
      level.shapes.set(name, { kind: "inside", fields: inner });
      level = inner;
    } else if (known.kind === "inside") level = known.fields;
    else {
      const remaining = path.slice(depth + 1).join(".");
      fail(31249, `Path collision at ${path.join(".")} remaining portion ${remaining}`);
    }
  }
}

/** Only what is named: kept fields in the document's order, then computed ones in the shape's. */
export function include(fields: Fields, doc: Doc): Doc {
  const result = included(fields, doc);
  return fields.computes ? compute(fields, result, doc) : result;
}

function included(fields: Fields, doc: Doc): Doc {
  const result: Doc = {};
  for (const name of Object.keys(doc)) {
    const shape = fields.shapes.get(name);
    const value = doc[name];
    if (!shape || value === undefined) continue;
    const kept = includedValue(shape, value);
    if (kept !== undefined) setField(result, name, kept);
  }
  return result;
}

function includedValue(shape: Shape, value: Value): Value | undefined {
  if (shape.kind === "keep") return value;
  if (shape.kind === "rewrite") return shape.rewrite(value);
  if (shape.kind !== "inside") return undefined;
  if (isDoc(value)) return included(shape.fields, value);
  if (!Array.isArray(value)) return undefined;
  return value
    .map((item) => includedValue(shape, item))
    .filter((item): item is Value => item !== undefined);
}

/** All but what is named. */
export function exclude(fields: Fields, doc: Doc): Doc {
  const result: Doc = {};
  for (const name of Object.keys(doc)) {
    const shape = fields.shapes.get(name);
    const value = doc[name];
    if (value === undefined) continue;
    const kept = shape ? excludedValue(shape, value) : value;
    if (kept !== undefined) setField(result, name, kept);
  }
  return result;
}

function excludedValue(shape: Shape, value: Value): Value | undefined {
  if (shape.kind === "drop") return undefined;
  if (shape.kind === "rewrite") return shape.rewrite(value);
  if (shape.kind !== "inside") return value;
  if (isDoc(value)) return exclude(shape.fields, value);
  if (!Array.isArray(value)) return value;
  return value.map((item) =>
    isDoc(item) || Array.isArray(item) ? (excludedValue(shape, item) ?? null) : item,
  );
}

/** Adds the computed fields to `doc`, every one evaluated on `root`; `doc` itself is not changed. */
export function compute(fields: Fields, doc: Doc, root: Doc): Doc {
  const result = { ...doc };
  for (const [name, shape] of fields.shapes) {
    if (shape.kind === "compute") assign(result, name, shape.run(root));
    else if (shape.kind === "inside" && shape.fields.computes) {
      assign(result, name, computedInside(shape.fields, doc[name], root));
    }
  }
  return result;
}

function computedInside(fields: Fields, value: Value | undefined, root: Doc): Value {
  if (Array.isArray(value)) return value.map((item) => computedInside(fields, item, root));
  return compute(fields, isDoc(value) ? value : {}, root);
}

function assign(doc: Doc, name: string, value: Value | undefined): void {
  if (value === undefined) delete doc[name];
  else setField(doc, name, value);
}
