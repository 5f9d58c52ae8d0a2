import { formatRange } from "../keys/cidr.ts";
import { type FieldChange, type SecurityEvent, securityEvent } from "../security/events.ts";
import type { Author } from "./change-rules.ts";
import type { StoredRule } from "./document.ts";

/** What happened to a rule, and who did it. */
export const ruleEvent = (
  type: "ip_rule_created" | "ip_rule_updated" | "ip_rule_deleted",
  rule: StoredRule,
  { staff, request }: Author,
  changes?: FieldChange[],
): SecurityEvent =>
  securityEvent(type, {
    request,
    ...(rule.account && { subject: rule.account }),
    actor: { kind: "staff", id: staff._id },
    details: {
      rule_id: rule.id.toHexString(),
      action: rule.action,
      scope: rule.scope,
      range: formatRange(rule.range),
      ...(changes && { changes }),
    },
  });
