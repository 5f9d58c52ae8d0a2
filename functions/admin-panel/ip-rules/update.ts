import * as z from "zod";
import { RuleAnswer, RuleChanges } from "../../../lib/addresses/rules.ts";
import { updateRule } from "../../../lib/addresses/update-rule.ts";
import { idCodec } from "../../../lib/ids.ts";
import { addressRules, endpoint, pause, staff } from "../../../lib/runtime.ts";

/** PUT /v1/admin-panel/ip-rules/{id} */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  path: z.object({ id: idCodec }),
  body: RuleChanges,
  reply: RuleAnswer,
  fails: ["LOCKS_AUTHOR_OUT", "CHANGED_MEANWHILE"],
  run: ({ staff: by, now, request, path: { id }, body: changes }) =>
    updateRule({ addressRules, pause }, { author: { staff: by, now, request }, id, changes }),
});
