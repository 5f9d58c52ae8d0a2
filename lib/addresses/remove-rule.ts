import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { type Author, type ChangeDeps, changeRules } from "./change-rules.ts";
import { ruleEvent } from "./rule-event.ts";

/** Removes a rule. @throws Failure NOT_FOUND, and as `changeRules`: without it the others may shut the author out */
export async function removeRule(
  deps: ChangeDeps,
  { author, id }: { author: Author; id: ObjectId },
): Promise<void> {
  await changeRules(deps, author, (rules) => {
    const old = rules.find((rule) => rule.id.equals(id));
    if (!old) throw new Failure("NOT_FOUND");
    return {
      rules: rules.filter((rule) => rule !== old),
      event: ruleEvent("ip_rule_deleted", old, author),
    };
  });
}
