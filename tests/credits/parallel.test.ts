import { describe, expect, it } from "@jest/globals";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import type { Price } from "../../lib/credits/metering.ts";
import { utcDay } from "../../lib/credits/rules.ts";
import { Failure, type FailureCode } from "../../lib/errors.ts";
import { defaultSettings, type Settings } from "../../lib/settings/rules.ts";
import {
  meteredAccount,
  someAdmission,
  someOutcome,
  somePrice,
  stateOf,
  testMetering,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const REQUESTS = 200;

const { db, database } = await meteringWorld();

const { enterprise } = defaultSettings.plans;
if (!enterprise) throw new Error("no enterprise plan");
const today = utcDay(new Date());

/** The enterprise plan with room for all, so that one limit alone decides. */
const settingsWith = (changes: { chat?: number; burst?: number; open?: number }): Settings => ({
  ...defaultSettings,
  plans: {
    enterprise: {
      ...enterprise,
      rate: {
        ...enterprise.rate,
        chat: { perMinute: changes.chat ?? 600, burst: changes.burst ?? 600 },
      },
      openAtOnce: changes.open ?? 1_000,
    },
  },
});

interface Case {
  settings: Settings;
  account?: Partial<StoredAccount>;
  key?: { creditLimit?: number };
  price?: Partial<Price>;
  code: FailureCode;
}

const none = { day: today, perDay: 0, used: 0 };
const plenty = { day: today, perDay: 100_000, used: 0 };

const cases: [string, Case][] = [
  [
    "credits",
    {
      settings: settingsWith({}),
      account: {
        balance: 45,
        allowance: { day: today, perDay: 5, used: 0 },
        conversations: plenty,
      },
      code: "CREDITS_EXHAUSTED",
    },
  ],
  [
    "conversations",
    {
      settings: settingsWith({}),
      account: { balance: 1_000, allowance: none, conversations: { ...none, perDay: 50 } },
      code: "CONVERSATION_LIMIT_EXCEEDED",
    },
  ],
  [
    "slots of the rate",
    {
      // One a minute and 50 at once, so that none comes back while the test runs.
      settings: settingsWith({ chat: 1, burst: 50 }),
      account: { balance: 1_000, allowance: none, conversations: plenty },
      code: "RATE_LIMIT_EXCEEDED",
    },
  ],
  [
    "credits of the key's cap",
    {
      settings: settingsWith({}),
      account: { balance: 1_000, allowance: none, conversations: plenty },
      key: { creditLimit: 50 },
      code: "KEY_CAP_EXCEEDED",
    },
  ],
  [
    "places for open requests",
    {
      settings: settingsWith({ open: 50 }),
      account: { balance: 1_000, allowance: none, conversations: plenty },
      code: "CONCURRENCY_LIMIT_EXCEEDED",
    },
  ],
];

describe(`${REQUESTS} requests at once`, () => {
  it.each(cases)(
    "take 50 %s and not one more",
    async (_, { settings, account: changes, key, code }) => {
      const metering = testMetering(database, settings);
      const { account, token } = await meteredAccount(db, changes, key);
      const answers = await Promise.allSettled(
        Array.from({ length: REQUESTS }, () => metering.admit(someAdmission(token))),
      );
      const admissions = answers.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const refusals = answers.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
      expect(admissions).toHaveLength(50);
      expect(refusals.map((one) => one instanceof Failure && one.code)).toEqual(
        Array.from({ length: REQUESTS - 50 }, () => code),
      );
      await Promise.all(admissions.map((one) => metering.settle(one, someOutcome())));
      const state = await stateOf(db, account._id);
      expect(state.account.holds).toEqual([]);
      expect(
        state.account.balance + state.account.allowance.perDay - state.account.allowance.used,
      ).toBe(account.balance + account.allowance.perDay - 50);
      expect(state.moved.balance).toBe(state.account.balance);
      expect(state.moved.allowance).toBe(0 - state.account.allowance.used);
      expect(state.ledger.filter(({ kind }) => kind === "request")).toHaveLength(50);
      expect(state.events.filter(({ outcome }) => outcome === "captured")).toHaveLength(50);
      expect(state.events.filter(({ outcome }) => outcome === "refused")).toHaveLength(150);
    },
  );

  it("on 50 credits with random failures spend exactly what succeeded, while the audit agrees all the time", async () => {
    const metering = testMetering(database, settingsWith({}));
    const { account, token } = await meteredAccount(db, {
      balance: 45,
      allowance: { day: today, perDay: 5, used: 0 },
      conversations: plenty,
    });
    let running = true;
    const audits = (async () => {
      let mismatches = 0;
      while (running) mismatches += (await metering.audit()).mismatches;
      return mismatches;
    })();
    let charged = 0;
    await Promise.all(
      Array.from({ length: REQUESTS }, async (_, number) => {
        const price = { ...somePrice, credits: 1 + (number % 3) };
        const admission = await metering
          .admit(someAdmission(token, { price }))
          .catch(() => undefined);
        if (!admission) return;
        const kind = number % 2 === 0 ? "failed" : "captured";
        const { credits } = await metering.settle(
          admission,
          someOutcome({ kind, credits: number % 4 === 1 ? price.credits : 1 }),
        );
        charged += credits;
      }),
    );
    running = false;
    expect(await audits).toBe(0);
    const { account: after, moved } = await stateOf(db, account._id);
    expect(after.holds).toEqual([]);
    expect(after.balance).toBeGreaterThanOrEqual(0);
    expect(moved.balance + moved.allowance).toBe(45 - charged);
    expect(after.balance - after.allowance.used).toBe(45 - charged);
  });
});

describe("the audit", () => {
  it("finds a balance that nobody entered, and says by how much", async () => {
    const metering = testMetering(database);
    const { account } = await meteredAccount(db);
    await db
      .collection<StoredAccount>("accounts")
      .updateOne({ _id: account._id }, { $inc: { balance: 3 } });
    expect((await metering.audit()).mismatches).toBe(1);
    expect(metering.counted).toEqual({ AuditMismatches: 1 });
    expect(metering.lines).toMatchObject([
      { level: "error", fields: { account: account._id.toHexString(), expected: 53, ledger: 50 } },
    ]);
  });
});

describe("one hundred requests with the same X-Request-Id", () => {
  it("are a hundred requests", async () => {
    const metering = testMetering(database, settingsWith({}));
    const { account, token } = await meteredAccount(db, {
      balance: 100,
      allowance: none,
      conversations: plenty,
    });
    const request = { clientRequestId: "the same" };
    await Promise.all(
      Array.from({ length: 100 }, async () =>
        metering.settle(await metering.admit(someAdmission(token, { request })), someOutcome()),
      ),
    );
    const state = await stateOf(db, account._id);
    expect(state.account.balance).toBe(0);
    expect(state.events.map(({ clientRequestId }) => clientRequestId)).toEqual(
      Array.from({ length: 100 }, () => "the same"),
    );
  });
});
