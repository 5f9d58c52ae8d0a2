import { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { requireFuture } from "../keys/rules.ts";
import { type Author, type ChangeDeps, changeRules } from "./change-rules.ts";
import type { StoredRule } from "./document.ts";
import { ruleEvent } from "./rule-event.ts";
import { mostRules, type NewRuleRequest, type RuleAnswer } from "./rules.ts";
import type { RuleStore } from "./store.ts";
import { ruleAnswer } from "./view-rule.ts";

interface AddDeps extends ChangeDeps {
  addressRules: Pick<RuleStore, "all" | "replace" | "hasAccount">;
}

/**
 * Adds a rule.
 * @throws Failure VALIDATION_FAILED for an expiry that has passed or an account that nobody has,
 * RULE_LIMIT_REACHED, and as `changeRules`
 */
export async function addRule(
  deps: AddDeps,
  { author, asked }: { author: Author; asked: NewRuleRequest },
): Promise<RuleAnswer> {
  const { now, staff } = author;
  requireFuture(asked.expires_at, now);
  const range = asked.ip_address ?? asked.ip_range;
  if (!range) throw new Error("a rule without addresses passed its schema");
  const account = asked.account_id ?? undefined;
  if (account && !(await deps.addressRules.hasAccount(account))) {
    throw new Failure("VALIDATION_FAILED", {
      errors: [{ path: "account_id", message: "There is no such account." }],
    });
  }
  const rule: StoredRule = {
    id: new ObjectId(),
    action: asked.action,
    scope: asked.scope,
    ...(account && { account }),
    range,
    description: asked.description,
    active: asked.is_active,
    ...(asked.expires_at && { expiresAt: asked.expires_at }),
    createdBy: staff._id,
    createdAt: now,
  };
  await changeRules(deps, author, (rules) => {
    if (rules.length >= mostRules) throw new Failure("RULE_LIMIT_REACHED");
    return { rules: [...rules, rule], event: ruleEvent("ip_rule_created", rule, author) };
  });
  return ruleAnswer(rule, now, "The rule is made. It holds everywhere within 10 seconds.");
}
