import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { Pipeline } from "../values/template.ts";
import { objects } from "./fields.ts";

export type Update = Doc | Doc[] | Pipeline;

/** An update as commands give it: a replacement, operators, or a pipeline. */
export const updateOf = (value: Value, path: string): Update => {
  if (isDoc(value)) return value;
  const given: Value | Pipeline = value;
  if (given instanceof Pipeline) {
    objects(given.template.stages, path);
    return given;
  }
  return Array.isArray(value)
    ? objects(value, path)
    : fail("FailedToParse", "Update argument must be either an object or an array");
};
