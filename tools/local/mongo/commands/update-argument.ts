import { fail } from "../errors.ts";
import { type Doc, isDoc, type Value } from "../values/codec.ts";
import { objects } from "./fields.ts";

/** An update as commands give it: a replacement, operators, or a pipeline. */
export const updateOf = (value: Value, path: string): Doc | Doc[] => {
  if (isDoc(value)) return value;
  return Array.isArray(value)
    ? objects(value, path)
    : fail("FailedToParse", "Update argument must be either an object or an array");
};
