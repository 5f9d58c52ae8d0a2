import { describe, expect, it } from "@jest/globals";
import { limitHeaders } from "../../lib/credits/limit-headers.ts";
import { limitsOf, withGivenBack } from "../../lib/credits/limits.ts";
import { newKey } from "../../lib/keys/new-key.ts";
import { someAccount } from "../support/accounts.ts";

const now = new Date("2026-05-04T12:00:00.000Z");
const plans = { free: { rate: { perMinute: 60, burst: 5 }, openAtOnce: 2 } };
const ask = { plans, rateClass: "chat" as const };

const account = someAccount({
  balance: 7,
  allowance: { day: "2026-05-04", perDay: 5, used: 3 },
  conversations: { day: "2026-05-04", perDay: 10, used: 4 },
});
const facts = { accountId: account._id, now, name: "key", scopes: ["chat" as const] };
const { stored: key } = newKey(facts);
const { stored: capped } = newKey({ ...facts, creditLimit: 3 });

describe("what an account has left", () => {
  it("is the day's and the balance, and the rate's slots", () => {
    expect(limitsOf(account, key, ask, now)).toEqual({
      left: { credits: 9, allowance: 2, conversations: 6, keyCredits: null },
      rate: { class: "chat", perMinute: 60, burst: 5, remaining: 5, resetMs: 0 },
    });
  });

  it.each<[string, number, number]>([
    ["a whole slot less for each gap", 2_000, 3],
    ["a slot less as soon as the next has begun", 2_001, 2],
    ["none, and never less", 60_000, 0],
  ])("is %s that the rate is ahead", (_, ahead, remaining) => {
    const busy = { ...account, rate: { chat: new Date(now.getTime() + ahead) } };
    expect(limitsOf(busy, key, ask, now).rate).toMatchObject({ remaining, resetMs: ahead });
  });

  it("is the rest of the key's own cap beside it", () => {
    const used = { ...capped, cap: { limit: 3, used: 1 } };
    expect(limitsOf(account, used, ask, now).left.keyCredits).toBe(2);
  });

  it("is no slot of a plan that is gone", () => {
    const { rate } = limitsOf({ ...account, plan: "gone" }, key, ask, now);
    expect(rate).toEqual({ class: "chat", perMinute: 0, burst: 0, remaining: 0, resetMs: 0 });
  });

  it("grows by a hold that is given back, and keeps the rate", () => {
    const hold = { credits: { allowance: 1, balance: 2 }, conversations: 4 };
    const before = limitsOf(account, key, ask, now);
    expect(withGivenBack(before, hold)).toEqual({
      left: { credits: 12, allowance: 3, conversations: 10, keyCredits: null },
      rate: before.rate,
    });
    const ofCapped = limitsOf(account, capped, ask, now);
    expect(withGivenBack(ofCapped, hold).left.keyCredits).toBe(6);
  });
});

describe("the headers of what is left", () => {
  it("are those of the draft, of OpenAI's API, and ours, with seconds rounded up", () => {
    const busy = { ...account, rate: { chat: new Date(now.getTime() + 1_001) } };
    expect(limitHeaders(limitsOf(busy, key, ask, now))).toEqual({
      RateLimit: '"chat";r=3;t=2',
      "RateLimit-Policy": '"chat";q=60;w=60',
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "3",
      "x-ratelimit-reset-requests": "2s",
      "X-Credits-Remaining": "9",
    });
  });
});
