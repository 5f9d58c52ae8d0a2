import type * as z from "zod";
import { toDotPath } from "zod/v4/core";
import { Failure, type FieldError } from "../errors.ts";
import { issueText } from "../issue-text.ts";

/** The value in the form of the schema. @throws Failure VALIDATION_FAILED naming every field that is wrong */
export function validated<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(value, { error: issueText });
  if (parsed.success) return parsed.data;
  throw new Failure("VALIDATION_FAILED", { errors: parsed.error.issues.flatMap(fieldErrors) });
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: toDotPath(issue.path), message: issue.message }];
  }
  return issue.keys.map((key) => ({
    path: toDotPath([...issue.path, key]),
    message: "is not known here",
  }));
}
