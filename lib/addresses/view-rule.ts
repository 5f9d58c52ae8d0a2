import { formatRange } from "../keys/cidr.ts";
import type { StoredRule } from "./document.ts";
import { isLive } from "./judge.ts";
import type { RuleAnswer, RuleView } from "./rules.ts";

/** A rule as staff see it at a time. */
export function viewRule(rule: StoredRule, now: Date): RuleView {
  const text = formatRange(rule.range);
  const isOne = rule.range.from === rule.range.to;
  return {
    id: rule.id,
    action: rule.action,
    scope: rule.scope,
    account_id: rule.account ?? null,
    ip_address: isOne ? text : null,
    ip_range: isOne ? null : text,
    description: rule.description,
    expires_at: rule.expiresAt?.toISOString() ?? null,
    is_active: rule.active,
    in_force: isLive(rule, now),
    created_by: rule.createdBy,
    created_at: rule.createdAt.toISOString(),
  };
}

export const ruleAnswer = (rule: StoredRule, now: Date, message: string): RuleAnswer => ({
  success: true,
  message,
  rule: viewRule(rule, now),
});
