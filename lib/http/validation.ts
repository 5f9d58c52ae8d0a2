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
  const errors = value === undefined ? [missingBody] : parsed.error.issues.flatMap(fieldErrors);
  throw new Failure("VALIDATION_FAILED", { errors });
}

/** Of errors of the whole the path is empty, so that their messages are sentences of their own. */
const missingBody: FieldError = {
  path: "",
  message: "The body is missing. One without fields is sent as {}.",
};

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== "unrecognized_keys") {
    const { path, message } = issue;
    return [
      path.length === 0
        ? { path: "", message: `The body ${message}.` }
        : { path: toDotPath(path), message },
    ];
  }
  return issue.keys.map((key) => ({
    path: toDotPath([...issue.path, key]),
    message: "is not known here",
  }));
}
