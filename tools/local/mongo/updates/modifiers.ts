import type { EvaluationContext } from "../context.ts";
import { fail } from "../errors.ts";
import { type Doc, getField, isDoc, type Value } from "../values/codec.ts";
import { kindOf } from "../values/kinds.ts";
import { splitPath } from "../values/paths.ts";
import { describe } from "../values/text.ts";
import { isPositional } from "./apply.ts";
import { addToSet, pop, pull, pullAll, push } from "./arrays.ts";
import {
  bit,
  currentDate,
  increment,
  type MakeModifier,
  maximum,
  minimum,
  multiplyBy,
  set,
  setOnInsert,
  unset,
} from "./fields.ts";
import { addModifier, emptyTree, type Modifier, sortTree, type Tree } from "./tree.ts";

const makers: Record<string, MakeModifier> = {
  $set: set,
  $setOnInsert: setOnInsert,
  $unset: unset,
  $inc: increment,
  $mul: multiplyBy,
  $min: minimum,
  $max: maximum,
  $currentDate: currentDate,
  $bit: bit,
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
};

export type Modifiers = {
  /** The tree for one document: `$rename` looks its value up there. */
  tree: (doc: Doc) => Tree;
  /** The names used in `$[name]`. */
  identifiers: Set<string>;
};

/** Compiles `{ $set: { path: value }, … }`. Throws FailedToParse for an unknown modifier. */
export function compileModifiers(update: Doc, context: EvaluationContext): Modifiers {
  const tree = emptyTree();
  const renames: { from: string[]; moved: Moved }[] = [];
  const identifiers = new Set<string>();
  for (const [name, fields] of Object.entries(update)) {
    if (name !== "$rename" && !Object.hasOwn(makers, name)) unknown(name);
    if (!isDoc(fields)) {
      fail(
        "FailedToParse",
        `Modifiers operate on fields but we found type ${kindOf(fields)} instead. For example: {$mod: {<field>: ...}} not {${name}: ${describe(fields)}}`,
      );
    }
    for (const [key, argument] of Object.entries(fields)) {
      const path = checked(key, identifiers);
      if (name === "$rename") renames.push(addRename(tree, path, argument));
      else addModifier(tree, path, made(name, argument, context));
    }
  }
  sortTree(tree);
  if (renames.length === 0) return { tree: () => tree, identifiers };
  return {
    identifiers,
    tree(doc) {
      for (const { from, moved } of renames) moved.value = valueAt(doc, from);
      return tree;
    },
  };
}

function made(name: string, argument: Value, context: EvaluationContext): Modifier {
  const make = makers[name];
  return make ? make(argument, context) : unknown(name);
}

const unknown = (name: string): never =>
  fail(
    "FailedToParse",
    `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
  );

function checked(key: string, identifiers: Set<string>): string[] {
  if (key === "") fail("EmptyFieldName", "An empty update path is not valid.");
  const path = splitPath(key);
  for (const [index, name] of path.entries()) {
    if (isPositional(name)) {
      if (index === 0) {
        fail(
          "BadValue",
          `Cannot have positional (i.e. '$') element in the first position in path '${key}'`,
        );
      }
      if (name.length > 3) identifiers.add(name.slice(2, -1));
    } else if (name.startsWith("$")) {
      fail(
        "DollarPrefixedFieldName",
        `The dollar ($) prefixed field '${name}' in '${key}' is not valid for storage.`,
      );
    }
  }
  return path;
}

type Moved = { value: Value | undefined };

function addRename(tree: Tree, from: string[], argument: Value): { from: string[]; moved: Moved } {
  if (typeof argument !== "string") {
    return fail(
      "BadValue",
      `The 'to' field for $rename must be a string: ${from.join(".")}: ${describe(argument)}`,
    );
  }
  const to = checked(argument, new Set());
  if (from.join(".") === argument) {
    fail(
      "BadValue",
      `The source and target field for $rename must differ: ${from.join(".")}: ${describe(argument)}`,
    );
  }
  if ([...from, ...to].some(isPositional)) {
    fail(
      "BadValue",
      `The source and target field for $rename may not be dynamic: ${from.join(".")}`,
    );
  }
  const moved: Moved = { value: undefined };
  addModifier(tree, from, { creates: false, apply: () => undefined });
  addModifier(tree, to, {
    get creates() {
      return moved.value !== undefined;
    },
    apply: (value) => moved.value ?? value,
  });
  return { from, moved };
}

function valueAt(doc: Doc, path: string[]): Value | undefined {
  let value: Value | undefined = doc;
  for (const name of path) {
    if (Array.isArray(value)) {
      fail(
        "BadValue",
        `The source field cannot be an array element, '${path.join(".")}' has an array field`,
      );
    }
    value = isDoc(value) ? getField(value, name) : undefined;
  }
  return value;
}
