import type { GateAccount, StoredHold } from "./gate-account.ts";
import type { Limits } from "./metering.ts";
import { aheadBy, type GateRequest, keyLeft, leftOn, limitsFor, utcDay } from "./rules.ts";

/** What an account and a key of it have left at `now`, and how the rate of a class stands. */
export function limitsOf(
  account: GateAccount,
  key: GateAccount["keys"][number],
  request: Pick<GateRequest, "plans" | "rateClass">,
  now: Date,
): Limits {
  const day = utcDay(now);
  const allowance = leftOn(day, account.allowance);
  const { rateClass } = request;
  const limits = limitsFor(account, request);
  const ahead = aheadBy(account, rateClass, now);
  return {
    left: {
      credits: allowance + account.balance,
      allowance,
      conversations: leftOn(day, account.conversations),
      keyCredits: key.cap ? keyLeft(key) : null,
    },
    rate: {
      class: rateClass,
      perMinute: limits?.perMinute ?? 0,
      burst: limits?.burst ?? 0,
      remaining: limits ? Math.max(0, Math.floor(limits.burst - ahead / limits.gap)) : 0,
      resetMs: ahead,
    },
  };
}

/** What is left once a hold has been given back whole. */
export function withGivenBack(
  { left, rate }: Limits,
  { credits, conversations }: Pick<StoredHold, "credits" | "conversations">,
): Limits {
  const total = credits.allowance + credits.balance;
  return {
    left: {
      credits: left.credits + total,
      allowance: left.allowance + credits.allowance,
      conversations: left.conversations + conversations,
      keyCredits: left.keyCredits === null ? null : left.keyCredits + total,
    },
    rate,
  };
}
