import { afterEach, describe, expect, it, jest } from "@jest/globals";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import { utcDay } from "../../lib/credits/rules.ts";
import {
  expireHolds,
  meteredAccount,
  someAdmission,
  someOutcome,
  stateOf,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, metering } = await meteringWorld();
const today = utcDay(new Date());
const dayLong = 24 * 3_600_000;

/** Only what a Lambda believes the time to be; the database has a clock of its own. */
const believe = (time: number): void => {
  jest.useFakeTimers({
    now: time,
    doNotFake: [
      "performance",
      "hrtime",
      "nextTick",
      "queueMicrotask",
      "setImmediate",
      "clearImmediate",
      "setInterval",
      "clearInterval",
      "setTimeout",
      "clearTimeout",
    ],
  });
};

afterEach(() => {
  jest.useRealTimers();
});

describe("a Lambda whose clock is wrong by a day changes no decision", () => {
  it.each([
    ["behind", -dayLong],
    ["ahead", dayLong],
  ])("%s", async (_, skew) => {
    const right = Date.now();
    const { account, token } = await meteredAccount(db, {
      allowance: { day: today, perDay: 5, used: 5 },
      balance: 1,
    });
    believe(right + skew);
    const admission = await metering.admit(someAdmission(token));
    expect(Math.abs(admission.now.getTime() - right)).toBeLessThan(60_000);
    expect(admission.hold).toMatchObject({ day: today, credits: { allowance: 0, balance: 1 } });
    // Neither is the hold expired, nor is there a new day's allowance.
    expect(await metering.sweep()).toMatchObject({ abandoned: 0, completed: 0 });
    await expect(metering.admit(someAdmission(token))).rejects.toMatchObject({
      code: "CREDITS_EXHAUSTED",
    });
    await metering.settle(admission, someOutcome());
    const { account: after } = await stateOf(db, account._id);
    expect(after).toMatchObject({ holds: [], balance: 0, allowance: { day: today, used: 5 } });
  });

  it("and what has expired by the database's clock is swept", async () => {
    const { account, token } = await meteredAccount(db);
    await metering.admit(someAdmission(token));
    await expireHolds(db, account._id);
    believe(Date.now() - 365 * dayLong);
    expect(await metering.sweep()).toMatchObject({ abandoned: 1 });
  });
});

describe("midnight UTC in the middle of a request", () => {
  it("neither loses nor doubles an allowance", async () => {
    const accounts = db.collection<StoredAccount>("accounts");
    const { account, token } = await meteredAccount(db, { balance: 0 });
    const admission = await metering.admit(someAdmission(token));
    // As if it had been admitted yesterday, with the day's last credit.
    const yesterday = utcDay(new Date(Date.now() - dayLong));
    await accounts.updateOne(
      { _id: account._id },
      {
        $set: {
          allowance: { day: yesterday, perDay: 5, used: 5 },
          "holds.0.day": yesterday,
        },
      },
    );
    const next = await metering.admit(someAdmission(token));
    expect(next.limits.left.credits).toBe(4);
    await metering.settle(admission, someOutcome({ kind: "failed" }));
    const { account: after } = await stateOf(db, account._id);
    expect(after.allowance).toEqual({ day: today, perDay: 5, used: 1 });
  });
});
