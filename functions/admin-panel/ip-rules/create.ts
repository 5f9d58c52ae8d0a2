import { addRule } from "../../../lib/addresses/add-rule.ts";
import { NewRuleRequest, RuleAnswer } from "../../../lib/addresses/rules.ts";
import { addressRules, endpoint, pause, staff } from "../../../lib/runtime.ts";

/** POST /v1/admin-panel/ip-rules */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  body: NewRuleRequest,
  reply: RuleAnswer,
  status: 201,
  fails: ["RULE_LIMIT_REACHED", "LOCKS_AUTHOR_OUT", "CHANGED_MEANWHILE"],
  run: ({ staff: by, now, request, body: asked }) =>
    addRule({ addressRules, pause }, { author: { staff: by, now, request }, asked }),
});
