import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import type { AdmitInput } from "../../lib/credits/metering.ts";
import { utcDay } from "../../lib/credits/rules.ts";
import { Failure, type FailureCode } from "../../lib/errors.ts";
import { parseRange } from "../../lib/keys/cidr.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import {
  meteredAccount,
  someAdmission,
  somePrice,
  stateOf,
  testMetering,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, database, metering, accounts } = await meteringWorld();
const today = utcDay(new Date());
const used = (perDay: number) => ({ day: today, perDay, used: perDay });
const later = new Date(Date.now() + 3_600_000);

const someKeyId = new ObjectId();
const hold = (id: string): StoredAccount["holds"][number] => ({
  id,
  key: someKeyId,
  endpoint: "/v1/chat/completions",
  ip: "10.0.0.1",
  day: today,
  credits: { allowance: 0, balance: 0 },
  conversations: 0,
  at: new Date(),
  expiresAt: later,
});

const refusalOf = async (input: AdmitInput): Promise<Failure> => {
  const thrown = await metering.admit(input).catch((error: unknown) => error);
  if (thrown instanceof Failure) return thrown;
  throw new Error(`expected a refusal, got ${JSON.stringify(thrown)}`);
};

interface Case {
  account?: Partial<StoredAccount>;
  /** Of the key that is used. */
  key?: Partial<StoredAccount["keys"][number]>;
  ask?: Partial<AdmitInput>;
  extra?: Record<string, unknown>;
  retryAfter?: unknown;
}

const range = parseRange("10.0.0.0/8");
if (!range) throw new Error("no range");

const cases: [FailureCode, string, Case][] = [
  [
    "SCOPE_NOT_ALLOWED",
    "a key without the scope",
    { key: { scopes: ["batch"] }, extra: { required_scope: "chat" } },
  ],
  ["ADDRESS_NOT_ALLOWED", "another address", { key: { allow: [range] } }],
  ["ACCOUNT_SUSPENDED", "a suspended account", { account: { status: "suspended" } }],
  ["PLAN_UNKNOWN", "a plan that is gone", { account: { plan: "gone" } }],
  [
    "LEVEL_NOT_ALLOWED",
    "too high a level",
    {
      account: { level: 1 },
      ask: { price: { ...somePrice, level: 2 } },
      extra: { allowed_level: 1, required_level: 2 },
    },
  ],
  [
    "RTYPE_NOT_ALLOWED",
    "a style that is not allowed",
    {
      ask: { price: { ...somePrice, rType: "react" } },
      extra: { allowed_r_types: ["bpe", "tot"] },
    },
  ],
  [
    "RATE_LIMIT_EXCEEDED",
    "too high a rate",
    {
      account: { rate: { chat: later } },
      extra: { rate: { class: "chat", requests_per_minute: 200 } },
      retryAfter: expect.any(Number),
    },
  ],
  [
    "CONVERSATION_LIMIT_EXCEEDED",
    "no conversations left today",
    {
      account: { conversations: used(10) },
      extra: { limits: { conversation_limit: 0, reset: 10 } },
      retryAfter: expect.any(Number),
    },
  ],
  [
    "CREDITS_EXHAUSTED",
    "credits that come back at midnight",
    {
      account: { balance: 0, allowance: used(5) },
      extra: { credits: { main: 0, reset: 5 }, required: { credits: 1, conversations: 1 } },
      retryAfter: expect.any(Number),
    },
  ],
  [
    "CREDITS_EXHAUSTED",
    "credits that never come back",
    { account: { balance: 0, allowance: used(0) }, retryAfter: undefined },
  ],
  [
    "KEY_CAP_EXCEEDED",
    "a key that has spent its cap",
    { key: { cap: { limit: 3, used: 3 } }, extra: { key: { credits_left: 0, required: 1 } } },
  ],
  [
    "CONCURRENCY_LIMIT_EXCEEDED",
    "too many open requests",
    {
      account: { plan: "free", holds: [hold("a"), hold("b")] },
      extra: { open: { now: 2, limit: 2 } },
      retryAfter: 1,
    },
  ],
  [
    "CONCURRENCY_LIMIT_EXCEEDED",
    "more open requests than the account's own limit",
    {
      account: { override: { openAtOnce: 1 }, holds: [hold("c")] },
      extra: { open: { now: 1, limit: 1 } },
      retryAfter: 1,
    },
  ],
];

describe("a refused request", () => {
  it.each(cases)("is %s for %s, changes nothing and leaves one event", async (code, _, one) => {
    const { account, token } = await meteredAccount(db, one.account);
    if (one.key) {
      const [key] = account.keys;
      await accounts.updateOne(
        { _id: account._id },
        { $set: { "keys.0": { ...key, ...one.key } as never } },
      );
    }
    const before = await accounts.findOne({ _id: account._id });
    const input = someAdmission(token, one.ask);
    const failure = await refusalOf(input);
    expect(failure).toMatchObject({ code, extra: one.extra ?? {}, retryAfter: one.retryAfter });
    expect(failure.headers).toMatchObject({
      "X-Credits-Remaining": expect.stringMatching(/^\d+$/),
      RateLimit: expect.stringMatching(/^"chat";r=\d+;t=\d+$/),
    });
    const { account: after, events } = await stateOf(db, account._id);
    expect(after).toEqual(before);
    expect(events).toMatchObject([
      {
        _id: input.request.id,
        outcome: "refused",
        status: failure.status,
        code,
        username: account.username,
      },
    ]);
  });

  it.each([
    [
      "an unknown account",
      async () => {
        const { account, token } = await meteredAccount(db);
        await accounts.deleteOne({ _id: account._id });
        return token;
      },
    ],
    [
      "an unknown secret",
      async () => ({ ...(await meteredAccount(db)).token, hash: "0".repeat(64) }),
    ],
    [
      "another account's key",
      async () => {
        const [one, other] = [await meteredAccount(db), await meteredAccount(db)];
        return { ...one.token, id: other.token.id, hash: other.token.hash };
      },
    ],
    [
      "a revoked key",
      async () => {
        const { account, token } = await meteredAccount(db);
        await metering.admit(someAdmission(token));
        await accounts.updateOne({ _id: account._id }, { $set: { keys: [] } });
        return token;
      },
    ],
    [
      "an expired key",
      async () => {
        const { account, token } = await meteredAccount(db);
        await accounts.updateOne(
          { _id: account._id },
          { $set: { "keys.0.expiresAt": new Date(Date.now() - 1) } },
        );
        return token;
      },
    ],
    [
      "a secret whose overlap has ended",
      async () => {
        const { account, token } = await meteredAccount(db);
        await accounts.updateOne(
          { _id: account._id },
          { $set: { "keys.0.secrets.0.until": new Date(Date.now() - 1) } },
        );
        return token;
      },
    ],
  ])("is INVALID_API_KEY for %s, says nothing else and leaves no event", async (_, make) => {
    const token = await make();
    const input = someAdmission(token);
    const failure = await refusalOf(input);
    expect(failure).toMatchObject({ code: "INVALID_API_KEY", status: 401, extra: {}, headers: {} });
    expect(
      await db.collection<{ _id: string }>("usageEvents").findOne({ _id: input.request.id }),
    ).toBeNull();
  });

  it("is EMAIL_NOT_VERIFIED only while addresses must be verified", async () => {
    const required = testMetering(database, {
      ...defaultSettings,
      verification: { ...defaultSettings.verification, required: true },
    });
    const { token } = await meteredAccount(db, { verified: false });
    await expect(required.admit(someAdmission(token))).rejects.toMatchObject({
      code: "EMAIL_NOT_VERIFIED",
    });
    await metering.admit(someAdmission(token));
  });
});

describe("the very next request sees", () => {
  it.each<[string, object, FailureCode]>([
    ["a suspension", { status: "suspended" }, "ACCOUNT_SUSPENDED"],
    ["a lowered limit of its own", { override: { openAtOnce: 1 } }, "CONCURRENCY_LIMIT_EXCEEDED"],
    ["a lowered daily figure", { balance: 0, "allowance.perDay": 1 }, "CREDITS_EXHAUSTED"],
    ["a lowered cap", { "keys.0.cap": { limit: 1, used: 1 } }, "KEY_CAP_EXCEEDED"],
  ])("%s", async (_, change, code) => {
    const { account, token } = await meteredAccount(db);
    await metering.admit(someAdmission(token));
    await accounts.updateOne({ _id: account._id }, { $set: change });
    await expect(metering.admit(someAdmission(token))).rejects.toMatchObject({ code });
  });
});

describe("a request without a price", () => {
  it("takes its slot of the rate and nothing else, whatever its account has left", async () => {
    const { account, token } = await meteredAccount(db, {
      balance: 0,
      level: 1,
      allowance: used(0),
      conversations: used(0),
      plan: "free",
      holds: [hold("d"), hold("e")],
    });
    const free = { price: undefined };
    const remaining: number[] = [];
    for (let count = 0; count < 5; count++) {
      const { limits, hold: none } = await metering.admit(someAdmission(token, free));
      expect(none).toBeUndefined();
      remaining.push(limits.rate.remaining);
    }
    expect(remaining).toEqual([4, 3, 2, 1, 0]);
    await expect(metering.admit(someAdmission(token, free))).rejects.toMatchObject({
      code: "RATE_LIMIT_EXCEEDED",
      retryAfter: expect.any(Number),
    });
    const { account: after } = await stateOf(db, account._id);
    expect(after).toMatchObject({ balance: 0, allowance: account.allowance, holds: account.holds });
  });
});
