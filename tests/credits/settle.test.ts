import { describe, expect, it } from "@jest/globals";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { testDatabase } from "../support/database.ts";
import {
  meteredAccount,
  someAdmission,
  someOutcome,
  somePrice,
  stateOf,
  testMetering,
} from "../support/metering.ts";

const { db } = await testDatabase();
await migrate(db, collections);
const database = { run: <R>(work: (one: typeof db) => Promise<R>) => work(db) };
const metering = testMetering(database);
const price = (credits: number, conversations = 1) => ({ ...somePrice, credits, conversations });

describe("a settled request", () => {
  it("is charged once, with one event and one ledger entry, and leaves no hold", async () => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token, { price: price(8) }));
    const settled = await metering.settle(admission, someOutcome({ credits: 8 }));
    expect(settled).toEqual({ recorded: true, late: false, credits: 8 });
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({ holds: [], balance: 47, allowance: { used: 5 } });
    expect(state.moved).toEqual({ allowance: -5, balance: 47 });
    expect(state.events).toHaveLength(1);
    expect(state.events[0]).toMatchObject({
      _id: admission.request.id,
      outcome: "captured",
      credits: { allowance: 5, balance: 3 },
      tokens: { input: 10, output: 20 },
    });
    expect(Number(state.events[0]?.recorded.getHighBits())).toBeGreaterThan(0);
  });
});
