import type { ObjectId } from "mongodb";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import type { GateTake } from "../../lib/credits/gate-statement.ts";
import { aheadBy, judge, leftOn, limitsFor, utcDay } from "../../lib/credits/rules.ts";
import type { UsageFacts } from "../../lib/usage/event.ts";

type Daily = StoredAccount["allowance"];
type Key = StoredAccount["keys"][number];

const withUse = (daily: Daily, day: string, more: number): Daily => ({
  ...daily,
  day,
  used: (daily.day === day ? daily.used : 0) + more,
});

const withKey = (account: StoredAccount, id: string, spent: number): Key[] =>
  account.keys.map((key) =>
    key.cap && key.id.toHexString() === id
      ? { ...key, cap: { ...key.cap, used: Math.max(0, key.cap.used + spent) } }
      : key,
  );

/** The account after a request at `now`, by the pure rule: the model of the gate's statement. */
export function afterGate(account: StoredAccount, take: GateTake, now: Date): StoredAccount {
  const limits = limitsFor(account, take);
  if (judge(account, take, now) !== "admitted" || !limits) return account;
  const { price, rateClass, idempotency } = take;
  const due = now.getTime() + aheadBy(account, rateClass, now) + limits.gap;
  const slot = {
    ...account,
    rate: { ...account.rate, [rateClass]: new Date(due) },
    last: { id: take.id, at: now },
    lastActivityAt: now,
  };
  if (!price) return slot;
  const day = utcDay(now);
  const allowance = Math.min(price.credits, leftOn(day, account.allowance));
  const balance = price.credits - allowance;
  const key = account.keys.find(({ id }) => id.toHexString() === take.keyId);
  return {
    ...slot,
    allowance: withUse(account.allowance, day, allowance),
    conversations: withUse(account.conversations, day, price.conversations),
    balance: account.balance - balance,
    keys: withKey(account, take.keyId, price.credits),
    holds: [
      ...account.holds,
      {
        id: take.id,
        key: key?.id as ObjectId,
        endpoint: take.endpoint,
        ...(take.model !== undefined && { model: take.model }),
        ...(price.rType !== null && { rType: price.rType }),
        ip: take.ip,
        day,
        credits: { allowance, balance },
        conversations: price.conversations,
        ...(idempotency && { idempotency }),
        at: now,
        expiresAt: new Date(now.getTime() + take.holdMs),
      },
    ],
  };
}

/** The account after what an event says was made true: the model of the end of a hold. */
export function afterEvent(account: StoredAccount, event: UsageFacts): StoredAccount {
  const hold = account.holds.find(({ id }) => id === event._id);
  if (!hold) return account;
  const allowance = hold.credits.allowance - event.credits.allowance;
  const balance = hold.credits.balance - event.credits.balance;
  const back = (daily: Daily, amount: number, least: number): Daily =>
    daily.day === hold.day ? { ...daily, used: Math.max(least, daily.used - amount) } : daily;
  return {
    ...account,
    allowance: back(account.allowance, allowance, 0),
    conversations: back(
      account.conversations,
      hold.conversations - event.conversations,
      Number.NEGATIVE_INFINITY,
    ),
    balance: account.balance + balance,
    keys: withKey(account, hold.key.toHexString(), -(allowance + balance)),
    holds: account.holds.filter((one) => one !== hold),
  };
}
