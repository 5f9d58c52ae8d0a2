import { Int32, ObjectId } from "bson";
import type { MergeWrite, PipelineContext, Target } from "../context.ts";
import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { checkVariableName, declare } from "../expressions/scope.ts";
import { type Doc, getField, isDoc, type Value } from "../values/codec.ts";
import { equal, identical } from "../values/compare.ts";
import { isNullish, kindOf } from "../values/kinds.ts";
import { describe } from "../values/text.ts";
import type { MakeStage, StageCompiler } from "./stage.ts";

/** Whether a stage ends its pipeline in a collection. */
export const isWriteStage = (stage: Doc): boolean => "$out" in stage || "$merge" in stage;

type Write = NonNullable<PipelineContext["write"]>;

const writer = (name: string, { write }: PipelineContext): Write =>
  write ?? fail("InvalidOptions", `${name} is not allowed in this context`);

function targetOf(name: string, into: Value | undefined): Target {
  if (typeof into === "string") return { collection: into };
  if (isDoc(into) && typeof into.coll === "string") {
    return { collection: into.coll, ...(typeof into.db === "string" && { database: into.db }) };
  }
  return fail(51178, `${name} must name a collection, found: ${describe(into)}`);
}

/** `$out`: the documents replace a collection. */
export const out: MakeStage = (spec, { context }) => {
  const write = writer("$out", context);
  const target = targetOf(
    "$out",
    isDoc(spec) ? { coll: spec.coll ?? null, db: spec.db ?? null } : spec,
  );
  return (input) => {
    write({ kind: "out", target, docs: input });
    return [];
  };
};

const mergeOptions = new Set(["into", "on", "let", "whenMatched", "whenNotMatched"]);

/** `$merge`: each document goes into a collection, by the rules for a counterpart and for none. */
export const merge: MakeStage = (argument, compiler) => {
  const write = writer("$merge", compiler.context);
  const spec: Doc = isDoc(argument) ? argument : { into: argument };
  for (const name of Object.keys(spec)) {
    if (!mergeOptions.has(name)) fail(40415, `BSON field '$merge.${name}' is an unknown field.`);
  }
  const target = targetOf("$merge", spec.into);
  const on = fieldsOf(spec.on ?? "_id");
  const insert = inserting(spec.whenNotMatched ?? "insert");
  const update = updating(spec, on, compiler);
  const run = (input: Iterable<Doc>) => {
    const docs = function* (): Iterable<MergeWrite> {
      for (const given of input) {
        const doc = on.includes("_id") ? withId(given) : given;
        yield {
          filter: identity(doc, on),
          insert: () => insert(doc),
          update: (existing) => keepingId(existing, update(existing, doc)),
        };
      }
    };
    write({ kind: "merge", target, on, docs: docs() });
    return [];
  };
  return Object.assign(run, { takesPortions: true });
};

const withId = (doc: Doc): Doc => (doc._id === undefined ? { _id: new ObjectId(), ...doc } : doc);

function fieldsOf(on: Value): string[] {
  const fields = Array.isArray(on) ? on : [on];
  if (fields.length === 0)
    fail(51187, "If explicitly specifying $merge 'on', must include at least one field");
  return fields.map((field) =>
    typeof field === "string"
      ? field
      : fail(51186, `$merge 'on' must be strings, found ${kindOf(field)}`),
  );
}

function valueAt(doc: Doc, path: string): Value | undefined {
  let value: Value | undefined = doc;
  for (const name of path.split(".")) value = isDoc(value) ? getField(value, name) : undefined;
  return value;
}

function identity(doc: Doc, on: string[]): Doc {
  return Object.fromEntries(
    on.map((path): [string, Value] => {
      const value = valueAt(doc, path);
      if (isNullish(value))
        return fail(51132, "$merge write error: 'on' field cannot be missing, null or undefined");
      if (Array.isArray(value))
        return fail(51185, "$merge write error: 'on' field cannot be an array");
      return [path, { $eq: value }];
    }),
  );
}

function inserting(mode: Value): (doc: Doc) => Doc | undefined {
  switch (mode) {
    case "insert":
      return withId;
    case "discard":
      return () => undefined;
    case "fail":
      return () =>
        fail(
          13113,
          "$merge could not find a matching document in the target collection for at least one document in the source collection",
        );
    default:
      return fail(
        "BadValue",
        `Enumeration value '${describe(mode)}' for field '$merge.whenNotMatched' is not a valid value.`,
      );
  }
}

type Merge = (existing: Doc, doc: Doc) => Doc;

function updating(spec: Doc, on: string[], compiler: StageCompiler): Merge {
  const mode = spec.whenMatched ?? "merge";
  if (Array.isArray(mode)) return byPipeline(mode, spec.let, compiler);
  if (spec.let !== undefined)
    fail(51199, "Cannot use 'let' variables with 'whenMatched: ' other than a pipeline");
  switch (mode) {
    case "replace":
      return (_, doc) => doc;
    case "keepExisting":
      return (existing) => existing;
    case "merge":
      return (existing, doc) => ({ ...existing, ...doc });
    case "fail":
      return (existing) =>
        fail(
          "DuplicateKey",
          `$merge with whenMatched: fail found an existing document with the same values for the 'on' fields: ${describe(existing._id)}`,
          {
            keyPattern: Object.fromEntries(on.map((path): [string, Value] => [path, new Int32(1)])),
            keyValue: Object.fromEntries(
              on.map((path): [string, Value] => [path, valueAt(existing, path) ?? null]),
            ),
          },
        );
    default:
      return fail(
        "BadValue",
        `Enumeration value '${describe(mode)}' for field '$merge.whenMatched' is not a valid value.`,
      );
  }
}

function byPipeline(
  stages: Value[],
  given: Value | undefined,
  { scope, context, pipeline }: StageCompiler,
): Merge {
  const bindings: Doc =
    given === undefined
      ? { new: "$$ROOT" }
      : isDoc(given)
        ? given
        : fail("TypeMismatch", "$merge 'let' must be an object");
  const names = Object.keys(bindings);
  for (const name of names) checkVariableName(name);
  const values = Object.values(bindings).map((value) => compileExpression(value, scope));
  const { scope: inner, cells } = declare(scope, names);
  const { write: _, ...reading } = context;
  const run = pipeline(stages.filter(isDoc), reading, inner);
  return (existing, doc) => {
    for (const [index, cell] of cells.entries()) cell.value = values[index]?.(doc);
    const [result = existing] = run([existing]);
    return result;
  };
}

function keepingId(existing: Doc, result: Doc): Doc {
  const { _id } = existing;
  if (_id === undefined || result === existing) return result;
  const kept = result._id === undefined ? { _id, ...result } : result;
  if (!equal(kept._id, _id)) {
    fail(
      "ImmutableField",
      "$merge failed to update the matching document, did you attempt to modify the _id or the shard key?",
    );
  }
  return identical(kept, existing) ? existing : kept;
}
