import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { limitHeaders } from "../../lib/credits/limit-headers.ts";
import { limitsOf } from "../../lib/credits/limits.ts";
import { type Refused, refusal } from "../../lib/credits/refusal.ts";
import type { GateRequest } from "../../lib/credits/rules.ts";
import type { FailureCode } from "../../lib/errors.ts";
import { newKey } from "../../lib/keys/new-key.ts";
import { someAccount } from "../support/accounts.ts";

const now = new Date("2026-05-04T23:59:30.500Z");
const day = "2026-05-04";
const toMidnight = 30;

const _id = new ObjectId();
const { stored: key } = newKey({
  accountId: _id,
  now,
  name: "k",
  scopes: ["chat"],
  creditLimit: 4,
});
const base = someAccount({
  _id,
  level: 2,
  rTypes: ["bpe"],
  keys: [key],
  balance: 1,
  allowance: { day, perDay: 5, used: 3 },
  conversations: { day, perDay: 6, used: 2 },
  rate: { chat: new Date(now.getTime() + 9_100) },
});
const request: GateRequest = {
  id: "request",
  keyId: key.id.toHexString(),
  hash: "",
  scope: "chat",
  rateClass: "chat",
  address: "",
  shutOut: false,
  price: { credits: 6, conversations: 6, level: 3, rType: "tot" },
  idempotency: undefined,
  verificationRequired: true,
  plans: { free: { rate: { perMinute: 60, burst: 3 }, openAtOnce: 2 } },
};

const refused = (
  verdict: Refused,
  { account = {}, price }: { account?: Partial<typeof base>; price?: GateRequest["price"] } = {},
) => {
  const who = { ...base, ...account };
  const asked = { ...request, price: price ?? request.price };
  const limits = limitsOf(who, key, asked, now);
  return { limits, failure: refusal(verdict, { account: who, request: asked, now, limits }) };
};

const left = {
  credits: { main: 3, reset: 5 },
  limits: { conversation_limit: 4, reset: 6 },
  required: { credits: 6, conversations: 6 },
};

describe("a refusal", () => {
  it.each<[Refused, FailureCode, Record<string, unknown>, number | undefined]>([
    ["key", "INVALID_API_KEY", {}, undefined],
    ["scope", "SCOPE_NOT_ALLOWED", { required_scope: "chat" }, undefined],
    ["address", "ADDRESS_NOT_ALLOWED", {}, undefined],
    ["suspended", "ACCOUNT_SUSPENDED", {}, undefined],
    ["unverified", "EMAIL_NOT_VERIFIED", {}, undefined],
    ["plan", "PLAN_UNKNOWN", {}, undefined],
    ["level", "LEVEL_NOT_ALLOWED", { allowed_level: 2, required_level: 3 }, undefined],
    ["r-type", "RTYPE_NOT_ALLOWED", { allowed_r_types: ["bpe"] }, undefined],
    ["rate", "RATE_LIMIT_EXCEEDED", { rate: { class: "chat", requests_per_minute: 60 } }, 8],
    ["in-progress", "IDEMPOTENCY_IN_PROGRESS", {}, 1],
    ["other-body", "IDEMPOTENCY_KEY_REUSED", {}, undefined],
    ["conversations", "CONVERSATION_LIMIT_EXCEEDED", left, toMidnight],
    ["credits", "CREDITS_EXHAUSTED", left, toMidnight],
    ["cap", "KEY_CAP_EXCEEDED", { key: { credits_left: 4, required: 6 } }, undefined],
    ["open", "CONCURRENCY_LIMIT_EXCEEDED", { open: { now: 0, limit: 2 } }, 1],
  ])("for %s is %s with what helps, and when to come again", (verdict, code, extra, retryAfter) => {
    const { failure, limits } = refused(verdict);
    expect(failure).toMatchObject({ code, retryAfter, headers: limitHeaders(limits) });
    expect(failure.extra).toEqual(extra);
  });

  it.each<[string, Refused, Partial<typeof base>]>([
    ["conversations", "conversations", { conversations: { day, perDay: 5, used: 5 } }],
    ["credits", "credits", { balance: 0 }],
  ])("for more %s than any day brings promises nothing", (_, verdict, account) => {
    expect(refused(verdict, { account }).failure.retryAfter).toBeUndefined();
  });

  it("for a rate that is passed in a moment says a second, since none is no wait", () => {
    const account = { rate: { chat: new Date(now.getTime() + 1_000) } };
    expect(refused("rate", { account }).failure.retryAfter).toBe(1);
  });

  it("for a rate of a plan that is gone counts no slot", () => {
    expect(refused("rate", { account: { plan: "gone" } }).failure.retryAfter).toBe(10);
    expect(refused("open", { account: { plan: "gone" } }).failure.extra).toEqual({
      open: { now: 0, limit: undefined },
    });
  });

  it("of what has no price needs nothing", () => {
    const limits = limitsOf(base, key, request, now);
    const asked = { ...request, price: undefined };
    const told = { account: { ...base, conversations: { day, perDay: 0, used: 0 } }, now, limits };
    expect(refusal("conversations", { ...told, request: asked }).retryAfter).toBe(toMidnight);
    expect(refusal("level", { ...told, request: asked }).extra).toEqual({ allowed_level: 2 });
  });
});
