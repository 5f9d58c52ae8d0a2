import { fail } from "../errors.ts";
import { compileExpression } from "../expressions/compile.ts";
import { compileAddedFields, compileProjectStage } from "../projection.ts";
import { compute, exclude, noFields, putShape } from "../shape.ts";
import { isDoc, type Value } from "../values/codec.ts";
import { kindOf } from "../values/kinds.ts";
import { describe } from "../values/text.ts";
import { type MakeStage, mapping } from "./stage.ts";

/** `$project`. */
export const project: MakeStage = (spec, { scope }) =>
  isDoc(spec)
    ? mapping(compileProjectStage(spec, scope))
    : fail(15969, "$project specification must be an object");

/** `$set` and `$addFields`: every expression sees the document as it came in. */
export const addFields: MakeStage = (spec, { name, scope }) => {
  if (!isDoc(spec)) {
    return fail(40272, `${name} specification stage must be an object, got ${kindOf(spec)}`);
  }
  const fields = compileAddedFields(spec, scope);
  return mapping((doc) => compute(fields, doc, doc));
};

/** `$unset`: one path or several. */
export const unsetFields: MakeStage = (spec) => {
  const paths = Array.isArray(spec) ? spec : [spec];
  if (paths.length === 0) {
    fail(31119, "$unset specification must be a string or an array with at least one field");
  }
  const fields = noFields();
  for (const path of paths) putShape(fields, unsetPath(path), { kind: "drop" });
  return mapping((doc) => exclude(fields, doc));
};

function unsetPath(path: Value): string[] {
  if (typeof path !== "string") {
    return fail(
      31120,
      "$unset specification must be a string or an array containing only string values",
    );
  }
  const parts = path.split(".");
  if (parts.includes("")) fail(40352, "FieldPath cannot be constructed with empty string");
  if (path.startsWith("$")) fail(16410, "FieldPath field names may not start with '$'.");
  return parts;
}

/** `$replaceRoot: { newRoot }` and `$replaceWith`. */
export const replaceRoot: MakeStage = (spec, { name, scope }) => {
  const expression = name === "$replaceWith" ? spec : isDoc(spec) ? spec.newRoot : undefined;
  if (expression === undefined)
    return fail(40231, "no newRoot specified for the $replaceRoot stage");
  const run = compileExpression(expression, scope);
  return mapping((doc) => {
    const root = run(doc);
    if (isDoc(root)) return root;
    return fail(
      40228,
      `'newRoot' expression must evaluate to an object, but resulting value was: ${describe(root)}. Type of resulting value: '${kindOf(root)}'.`,
    );
  });
};
