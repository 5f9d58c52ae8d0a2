import { Failure } from "../errors.ts";
import type { EventOrigin, SecurityEvent } from "../security/events.ts";
import type { StoredStaff } from "../staff/document.ts";
import type { StoredRule } from "./document.ts";
import { shutsOut } from "./judge.ts";
import type { RuleStore } from "./store.ts";

export interface ChangeDeps {
  addressRules: Pick<RuleStore, "all" | "replace">;
  /** Resolves after some milliseconds. */
  pause: (milliseconds: number) => Promise<unknown>;
}

/** The member of staff who asks, and from where. */
export interface Author {
  staff: Pick<StoredStaff, "_id">;
  /** The database's time. */
  now: Date;
  request: EventOrigin;
}

interface Decision {
  /** All of them, as they are to be. */
  rules: StoredRule[];
  event: SecurityEvent;
}

/** How often a change is judged anew because another was first. */
const tries = 10;

/**
 * Changes the rules to what `decide` makes of them, judged by what they are at that moment; not at
 * all if it decides nothing.
 * @throws Failure LOCKS_AUTHOR_OUT if the author's own address would be shut out, now or when a rule
 * ends; CHANGED_MEANWHILE if others were first again and again; and what `decide` throws
 */
export async function changeRules(
  { addressRules, pause }: ChangeDeps,
  { staff, now, request }: Author,
  decide: (rules: StoredRule[]) => Decision | undefined,
): Promise<void> {
  for (let count = 1; count <= tries; count++) {
    const { version, rules: before } = await addressRules.all();
    const decision = decide(before);
    if (!decision) return;
    const { rules: after, event } = decision;
    const from = shutsOut(request.ip, { before, after, now });
    if (from) {
      throw new Failure("LOCKS_AUTHOR_OUT", {
        extra: { your_address: request.ip, shut_out_from: from.toISOString() },
      });
    }
    const by = staff._id.toHexString();
    if (await addressRules.replace({ version, rules: after, by, event, usage: request.usage }))
      return;
    // Spread, so that those who lost the same race do not meet again.
    await pause(Math.random() * 20 * count);
  }
  throw new Failure("CHANGED_MEANWHILE", { retryAfter: 1 });
}
