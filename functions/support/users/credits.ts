import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, postings, settings, staff, users } from "../../../lib/runtime.ts";
import { FigureChanges } from "../../../lib/staff/users/rules.ts";
import { changeCreditsAsSupport, FieldsUpdated } from "../../../lib/staff/users/support-changes.ts";

/** PUT /v1/support/users/{id}/credits */
export const handler = endpoint({
  guard: staff({ support: "can_update_credits" }),
  path: z.object({ id: idCodec }),
  body: FigureChanges,
  reply: FieldsUpdated,
  fails: ["CREDITS_OUT_OF_RANGE", "CHANGED_MEANWHILE"],
  run: ({ path, body: changes, role: { staffLevel: level }, ...input }) =>
    changeCreditsAsSupport(
      { users, postings, settings },
      { ...input, level, account: path.id, changes },
    ),
});
