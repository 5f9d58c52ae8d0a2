import type { EvaluationContext } from "./context.ts";
import { fail } from "./errors.ts";
import { compileExpression } from "./expressions/compile.ts";
import { type Scope, scopeOf } from "./expressions/scope.ts";
import { compileMatcher } from "./filter.ts";
import { compileElementTest } from "./filters/operators.ts";
import { exclude, type Fields, include, noFields, putShape, type Shape } from "./shape.ts";
import { type Doc, isDoc, type Value } from "./values/codec.ts";
import { isNumber, isTrue } from "./values/kinds.ts";
import { toDouble } from "./values/numbers.ts";

export type Projection = (doc: Doc, position?: number) => Doc;

/** What `$slice`, `$elemMatch` and `.$` mean only in the projection of a find. */
type FindOperators = {
  context: EvaluationContext;
  matched: { position: number | undefined };
};

/**
 * Compiles the projection of a find. `position` is the filter's array index, for the positional `$`.
 * Throws Location31253/31254 where inclusion and exclusion are mixed; `$meta` is refused.
 */
export function compileProjection(spec: Doc, context: EvaluationContext): Projection {
  if (Object.keys(spec).length === 0) return (doc) => doc;
  const matched: FindOperators["matched"] = { position: undefined };
  const project = compileShapes(spec, scopeOf(context), { context, matched });
  return (doc, position) => {
    matched.position = position;
    return project(doc);
  };
}

/** Compiles a `$project` stage. Throws Location51272 for an empty one. */
export function compileProjectStage(spec: Doc, scope: Scope): (doc: Doc) => Doc {
  if (Object.keys(spec).length === 0) {
    fail(
      51272,
      "Invalid $project :: caused by :: projection specification must have at least one field",
    );
  }
  return compileShapes(spec, scope, undefined);
}

type Entry = { path: string[]; shape: Shape };

function compileShapes(
  spec: Doc,
  scope: Scope,
  find: FindOperators | undefined,
): (doc: Doc) => Doc {
  const entries: Entry[] = [];
  addEntries(entries, spec, [], scope, find);
  const isId = ({ path }: Entry) => path.length === 1 && path[0] === "_id";
  const deciding = entries.filter((entry) => !isId(entry) && entry.shape.kind !== "rewrite");
  const decider = deciding[0] ?? entries.find(isId) ?? { shape: { kind: "drop" } };
  const rewritesOnly =
    deciding.length === 0 && entries.some(({ shape }) => shape.kind === "rewrite");
  const includes =
    entries.some(({ shape }) => shape.kind === "rewrite" && includesRest(shape)) ||
    (decider.shape.kind !== "drop" && !rewritesOnly);
  const fields = noFields();
  if (includes && !entries.some(({ path }) => path[0] === "_id")) {
    fields.shapes.set("_id", { kind: "keep" });
  }
  for (const entry of entries) {
    if (isId(entry) && entry.shape.kind === (includes ? "drop" : "keep")) continue;
    checkKind(entry, includes);
    putShape(fields, entry.path, entry.shape);
  }
  return includes ? (doc) => include(fields, doc) : (doc) => exclude(fields, doc);
}

/** `$elemMatch` and the positional `$` choose one field out of the document; `$slice` only shortens it. */
const choosing = new WeakSet<Shape>();
const includesRest = (shape: Shape): boolean => choosing.has(shape);

function checkKind({ path, shape }: Entry, includes: boolean): void {
  if (includes && shape.kind === "drop") {
    fail(31254, `Cannot do exclusion on field ${path.join(".")} in inclusion projection`);
  }
  if (!includes && shape.kind === "keep") {
    fail(31253, `Cannot do inclusion on field ${path.join(".")} in exclusion projection`);
  }
  if (!includes && shape.kind === "compute") {
    fail(31252, "Cannot use an expression in an exclusion projection");
  }
}

function addEntries(
  entries: Entry[],
  spec: Doc,
  above: string[],
  scope: Scope,
  find: FindOperators | undefined,
): void {
  for (const [name, value] of Object.entries(spec)) {
    const below = checkedName(name);
    const path = above.length === 0 ? below : [...above, ...below];
    if (path.at(-1) === "$") {
      entries.push({ path: path.slice(0, -1), shape: positional(find, name) });
    } else if (typeof value === "boolean" || isNumber(value)) {
      entries.push({ path, shape: { kind: isTrue(value) ? "keep" : "drop" } });
    } else if (isDoc(value) && !Object.keys(value)[0]?.startsWith("$")) {
      if (Object.keys(value).length === 0) {
        fail(
          51270,
          `An empty sub-projection is not a valid value. Found empty object at path ${path.join(".")}`,
        );
      }
      addEntries(entries, value, path, scope, find);
    } else {
      entries.push({ path, shape: findShape(value, find) ?? computed(value, scope) });
    }
  }
}

const computed = (value: Value, scope: Scope): Shape => ({
  kind: "compute",
  run: compileExpression(value, scope),
});

function checkedName(name: string): string[] {
  if (/^[^.$]+$/.test(name)) return [name];
  const path = name.split(".");
  if (path.includes("")) fail(40352, "FieldPath cannot be constructed with empty string");
  for (const [index, part] of path.entries()) {
    const isLast = index === path.length - 1;
    if (part.startsWith("$") && !(part === "$" && isLast && index > 0)) {
      fail(16410, `FieldPath field names may not start with '$', given '${part}'.`);
    }
  }
  return path;
}

function findShape(value: Value, find: FindOperators | undefined): Shape | undefined {
  if (!find || !isDoc(value)) return undefined;
  if ("$meta" in value) fail("NotImplemented", "$meta is not supported by the embedded server");
  const { $slice, $elemMatch } = value;
  if ($slice !== undefined && !isExpressionSlice($slice)) return sliceShape($slice);
  if ($elemMatch === undefined) return undefined;
  if (!isDoc($elemMatch)) return fail("BadValue", "elemMatch: Invalid argument, object required");
  const { context } = find;
  const matches = compileElementTest($elemMatch, {
    context,
    filter: (filter) => compileMatcher(filter, context),
  });
  return chosen((array) => {
    const item = Array.isArray(array) ? array.find((each) => matches(each, undefined)) : undefined;
    return item === undefined ? undefined : [item];
  });
}

function chosen(rewrite: (value: Value) => Value | undefined): Shape {
  const shape: Shape = { kind: "rewrite", rewrite };
  choosing.add(shape);
  return shape;
}

function positional(find: FindOperators | undefined, name: string): Shape {
  if (!find) return fail(16410, `FieldPath field names may not start with '$', given '${name}'.`);
  return chosen((array) => {
    if (!Array.isArray(array)) return array;
    const item = array[find.matched.position ?? -1];
    if (item !== undefined) return [item];
    return fail(
      51246,
      "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
    );
  });
}

const isExpressionSlice = (argument: Value): boolean =>
  Array.isArray(argument) && !isNumber(argument[0]);

function sliceShape(argument: Value): Shape {
  const [first, second] = Array.isArray(argument) ? argument : [argument];
  const numbers = [first, ...(second === undefined ? [] : [second])].map((value) =>
    isNumber(value)
      ? Math.trunc(toDouble(value))
      : fail(28724, "First argument to $slice must be an array or number"),
  );
  const [skip = 0, limit] = numbers;
  if (limit !== undefined && limit <= 0) {
    fail(28729, `Third argument to $slice must be positive: ${limit}`);
  }
  const rewrite = (value: Value): Value => {
    if (!Array.isArray(value)) return value;
    if (limit === undefined) return skip < 0 ? value.slice(skip) : value.slice(0, skip);
    const from = skip < 0 ? Math.max(0, value.length + skip) : skip;
    return value.slice(from, from + limit);
  };
  return { kind: "rewrite", rewrite };
}

/** Compiles the fields of `$set` and `$addFields`, where a document inside means its fields. */
export function compileAddedFields(spec: Doc, scope: Scope): Fields {
  const fields = noFields();
  addFields(fields, spec, [], scope);
  return fields;
}

function addFields(fields: Fields, spec: Doc, above: string[], scope: Scope): void {
  for (const [name, value] of Object.entries(spec)) {
    const path = [...above, ...checkedName(name)];
    const nested = isDoc(value) && Object.keys(value).length > 0;
    if (nested && !Object.keys(value)[0]?.startsWith("$")) addFields(fields, value, path, scope);
    else putShape(fields, path, computed(value, scope));
  }
}
