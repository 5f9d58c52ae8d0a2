import type { RuleList, RuleQuery } from "./rules.ts";
import type { RuleStore } from "./store.ts";
import { viewRule } from "./view-rule.ts";

/** The rules that a query asks for, newest first, expired ones included. */
export async function listRules(
  { addressRules }: { addressRules: Pick<RuleStore, "all"> },
  { query, now }: { query: RuleQuery; now: Date },
): Promise<RuleList> {
  const { page, page_size, scope, action, account_id, is_active } = query;
  const { rules } = await addressRules.all();
  const found = rules.filter(
    (rule) =>
      (scope === undefined || rule.scope === scope) &&
      (action === undefined || rule.action === action) &&
      (account_id === undefined || rule.account?.equals(account_id) === true) &&
      (is_active === undefined || rule.active === is_active),
  );
  return {
    rules: found
      .toReversed()
      .slice((page - 1) * page_size, page * page_size)
      .map((rule) => viewRule(rule, now)),
    total_count: found.length,
    page,
    page_size,
  };
}
