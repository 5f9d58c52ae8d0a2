import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { requireFuture } from "../keys/rules.ts";
import { changedFields } from "../security/changed-fields.ts";
import { type Author, type ChangeDeps, changeRules } from "./change-rules.ts";
import type { StoredRule } from "./document.ts";
import { ruleEvent } from "./rule-event.ts";
import type { RuleAnswer, RuleChanges } from "./rules.ts";
import { ruleAnswer, viewRule } from "./view-rule.ts";

interface UpdateInput {
  author: Author;
  id: ObjectId;
  changes: RuleChanges;
}

/** Changes a rule, whose scope stays. @throws Failure NOT_FOUND, VALIDATION_FAILED for an expiry that has passed, and as `changeRules` */
export async function updateRule(
  deps: ChangeDeps,
  { author, id, changes }: UpdateInput,
): Promise<RuleAnswer> {
  const { now } = author;
  requireFuture(changes.expires_at, now);
  let changed: StoredRule | undefined;
  await changeRules(deps, author, (rules) => {
    const old = rules.find((rule) => rule.id.equals(id));
    if (!old) throw new Failure("NOT_FOUND");
    const rule = changedRule(old, changes);
    changed = rule;
    const fields = changedFields(written(old, now), written(rule, now));
    if (fields.length === 0) return undefined;
    return {
      rules: rules.map((one) => (one === old ? rule : one)),
      event: ruleEvent("ip_rule_updated", rule, author, fields),
    };
  });
  if (!changed) throw new Error("a change was made of nothing");
  return ruleAnswer(changed, now, "The rule is changed. It holds everywhere within 10 seconds.");
}

/** Of a rule, what is written and does not follow from the time. */
function written(rule: StoredRule, now: Date) {
  const { in_force: _, ...view } = viewRule(rule, now);
  return view;
}

function changedRule({ expiresAt, ...rule }: StoredRule, changes: RuleChanges): StoredRule {
  const { action, description, is_active, expires_at, ip_address, ip_range } = changes;
  const end = expires_at === undefined ? expiresAt : expires_at;
  return {
    ...rule,
    action: action ?? rule.action,
    description: description ?? rule.description,
    active: is_active ?? rule.active,
    range: ip_address ?? ip_range ?? rule.range,
    ...(end && { expiresAt: end }),
  };
}
