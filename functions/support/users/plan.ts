import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, settings, staff, users } from "../../../lib/runtime.ts";
import { PlanChange } from "../../../lib/staff/users/rules.ts";
import { changePlanAsSupport, FieldsUpdated } from "../../../lib/staff/users/support-changes.ts";

/** PUT /v1/support/users/{id}/plan */
export const handler = endpoint({
  guard: staff({ support: "can_update_plans" }),
  path: z.object({ id: idCodec }),
  body: PlanChange,
  reply: FieldsUpdated,
  fails: ["CHANGED_MEANWHILE"],
  run: ({ path, body: changes, role: { staffLevel: level }, ...input }) =>
    changePlanAsSupport({ users, settings }, { ...input, level, account: path.id, changes }),
});
