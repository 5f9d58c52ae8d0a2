import { type Doc, isDoc, setField, type Value } from "./codec.ts";
import { type Pipeline, Slot } from "./template.ts";

/** The stages of a pipeline with their literals in place. */
export function filledStages(pipeline: Pipeline): Value[] {
  pipeline.fill();
  return pipeline.template.stages.map(filled);
}

function filled(value: Value | Slot): Value {
  if (value instanceof Slot) return value.value;
  if (Array.isArray(value)) return value.map(filled);
  if (!isDoc(value)) return value;
  const doc: Doc = {};
  for (const [name, field] of Object.entries(value)) setField(doc, name, filled(field));
  return doc;
}
