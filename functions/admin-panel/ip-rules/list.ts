import { listRules } from "../../../lib/addresses/list-rules.ts";
import { RuleList, RuleQuery } from "../../../lib/addresses/rules.ts";
import { addressRules, endpoint, staff } from "../../../lib/runtime.ts";

/** GET /v1/admin-panel/ip-rules */
export const handler = endpoint({
  guard: staff({ admin: "system_config" }),
  query: RuleQuery,
  reply: RuleList,
  run: ({ query, now }) => listRules({ addressRules }, { query, now }),
});
