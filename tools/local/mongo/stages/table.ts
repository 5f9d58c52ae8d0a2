import { addFields, project, replaceRoot, unsetFields } from "./fields.ts";
import type { MakeStage } from "./stage.ts";

/** Every stage by name. */
export const stages: { readonly [name: string]: MakeStage } = {
  $addFields: addFields,
  $project: project,
  $replaceRoot: replaceRoot,
  $replaceWith: replaceRoot,
  $set: addFields,
  $unset: unsetFields,
};
