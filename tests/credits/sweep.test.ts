import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { settlementStore } from "../../lib/credits/settlement-store.ts";
import { sweepHolds } from "../../lib/credits/sweep-holds.ts";
import { sweepStore } from "../../lib/credits/sweep-store.ts";
import { idempotencyStore } from "../../lib/idempotency/record.ts";
import { memoryLog } from "../support/endpoint.ts";
import { expireHolds, meteredAccount, someAdmission } from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, database, metering, accounts } = await meteringWorld();

/** Somebody with a hold that has expired, and a posting that was left behind. */
async function somethingLeft() {
  const { account, token } = await meteredAccount(db, {
    postings: [
      { id: "p", amount: 5, kind: "grant", reason: "", actor: "service", at: new Date(0) },
    ],
  });
  const { request } = await metering.admit(someAdmission(token));
  await expireHolds(db, account._id);
  const left = async () => {
    const { holds = [], postings = [] } = (await accounts.findOne({ _id: account._id })) ?? {};
    return { holds: holds.length, postings: postings.length };
  };
  return { id: account._id, request: request.id, left };
}

const settlements = settlementStore(database);
const sweepWith = (changes: Partial<typeof settlements>, budget = 20_000) => {
  const { log } = memoryLog();
  const deps = {
    sweeps: sweepStore(database),
    answers: idempotencyStore(database),
    count: () => {},
    log,
  };
  return sweepHolds({ ...deps, settlements: { ...settlements, ...changes } }, { budget });
};

describe("the sweep", () => {
  it("keeps nothing from its end because of a hold that can't be ended", async () => {
    const poisoned = await somethingLeft();
    const other = await somethingLeft();
    const decide: typeof settlements.decide = (event) =>
      event._id === poisoned.request
        ? Promise.reject(new Error("refused by a validator"))
        : settlements.decide(event);
    expect(await sweepWith({ decide })).toEqual({
      abandoned: 1,
      completed: 0,
      postings: 2,
      failed: 1,
    });
    expect(await poisoned.left()).toEqual({ holds: 1, postings: 0 });
    expect(await other.left()).toEqual({ holds: 0, postings: 0 });
    await accounts.deleteMany({});
  });

  it("stops in time, in the middle of what it has found", async () => {
    await Promise.all([somethingLeft(), somethingLeft(), somethingLeft(), somethingLeft()]);
    const decide: typeof settlements.decide = async (event) => {
      await sleep(60);
      return settlements.decide(event);
    };
    const { abandoned } = await sweepWith({ decide }, 100);
    expect(abandoned).toBeGreaterThan(0);
    expect(abandoned).toBeLessThan(4);
    await accounts.deleteMany({});
  });
});
