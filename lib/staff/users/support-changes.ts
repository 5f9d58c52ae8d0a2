import * as z from "zod";
import { Failure } from "../../errors.ts";
import { editableFields, type SupportLevel, type UserField } from "../permissions.ts";
import {
  type ChangeDeps,
  type ChangeInput,
  changeFigures,
  changeUser,
  type FigureDeps,
} from "./change-user.ts";
import { type EditDeps, editUser } from "./edit-user.ts";
import type { UserChanges } from "./rules.ts";

/** PUT /v1/support/users/{id}/credits and /plan */
export const FieldsUpdated = z.object({
  success: z.literal(true),
  message: z.string(),
  /** Of those that were named, the ones that are another now. */
  data: z.object({ updated_fields: z.array(z.string()) }),
});
type FieldsUpdated = z.output<typeof FieldsUpdated>;

type SupportInput = ChangeInput & { level: SupportLevel };

/**
 * Changes a user as a level of support may. What it may not change is refused before the user is
 * looked for.
 * @throws Failure FIELDS_NOT_ALLOWED naming the fields, or as `editUser`
 */
export async function changeAsSupport(deps: ChangeDeps, input: SupportInput): Promise<void> {
  requireEditable(input.changes, input.level);
  await changeUser(deps, recorded(input));
}

/** Sets credits and limits. @throws Failure as `editUser` */
export async function changeCreditsAsSupport(
  deps: FigureDeps,
  input: SupportInput,
): Promise<FieldsUpdated> {
  const fields = await changeFigures(deps, recorded(input));
  const tops = fields.map((field) => field.replace(/\..*/, ""));
  return updated("The figures are changed.", [...new Set(tops)]);
}

/** Puts a user on another plan. @throws Failure as `editUser` */
export async function changePlanAsSupport(
  deps: EditDeps,
  input: SupportInput,
): Promise<FieldsUpdated> {
  const edited = await editUser(deps, recorded(input));
  return updated("The plan is changed.", edited ? ["subscription_plan"] : []);
}

const recorded = ({ level, ...input }: SupportInput): ChangeInput => ({
  ...input,
  type: "user_updated_by_support",
  details: { staff_level: level },
});

function requireEditable(changes: UserChanges, level: SupportLevel): void {
  const editable = editableFields(level);
  const given = Object.entries(changes).filter(([, value]) => value != null);
  const forbidden = given.filter(([name]) => !editable.includes(name as UserField));
  if (forbidden.length === 0) return;
  const message = "Your level may not change this field.";
  throw new Failure("FIELDS_NOT_ALLOWED", {
    errors: forbidden.map(([path]) => ({ path, message })),
  });
}

const updated = (message: string, fields: string[]): FieldsUpdated => ({
  success: true,
  message,
  data: { updated_fields: fields },
});
