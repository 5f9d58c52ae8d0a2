import { fail } from "../errors.ts";
import { isOperators } from "../filters/operators.ts";
import { type Doc, getField, isDoc, setField, type Value } from "../values/codec.ts";
import { kindOf } from "../values/kinds.ts";

/**
 * What a filter says outright about the documents it matches: the fields an upsert starts from. Throws
 * NotSingleValueField if a path is given twice.
 */
export function equalities(filter: Doc): Doc {
  const doc: Doc = {};
  for (const [path, value] of conditions(filter)) put(doc, path, value);
  return doc;
}

function conditions(filter: Doc): [string, Value][] {
  return Object.entries(filter).flatMap(([name, value]): [string, Value][] => {
    if (name === "$and" || (name === "$or" && Array.isArray(value) && value.length === 1)) {
      return Array.isArray(value) ? value.filter(isDoc).flatMap(conditions) : [];
    }
    if (name.startsWith("$") || kindOf(value) === "regex") return [];
    if (!isOperators(value)) return [[name, value]];
    return equalitiesOf(value).map((equalTo): [string, Value] => [name, equalTo]);
  });
}

function equalitiesOf(operators: Doc): Value[] {
  return Object.entries(operators).flatMap(([name, value]) => {
    if (name === "$eq") return [value];
    const single =
      (name === "$in" || name === "$all") && Array.isArray(value) && value.length === 1;
    const [only] = single ? value : [];
    return only === undefined || isOperators(only) || kindOf(only) === "regex" ? [] : [only];
  });
}

function put(doc: Doc, path: string, value: Value): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  let parent = doc;
  for (const name of names) {
    const inner = getField(parent, name) ?? {};
    if (!isDoc(inner)) twice(path);
    // A copy: the value may be the filter's own.
    const copy = { ...inner };
    setField(parent, name, copy);
    parent = copy;
  }
  if (getField(parent, last) !== undefined) twice(path);
  setField(parent, last, value);
}

function twice(path: string): never {
  return fail(
    "NotSingleValueField",
    `cannot infer query fields to set, path '${path}' is matched twice`,
  );
}
