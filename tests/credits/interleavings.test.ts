import { describe, expect, it } from "@jest/globals";
import { expectedSum } from "../../lib/credits/audit-ledger.ts";
import { auditStore } from "../../lib/credits/audit-store.ts";
import { settlementStore } from "../../lib/credits/settlement-store.ts";
import { endHold } from "../../lib/credits/sweep-holds.ts";
import { idempotencyStore } from "../../lib/idempotency/record.ts";
import {
  expireHolds,
  hashOf,
  meteredAccount,
  someAdmission,
  someOutcome,
  somePrice,
  stateOf,
  testMetering,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";
import { actor } from "../support/stepping.ts";

const { db, database, metering } = await meteringWorld();
const audits = auditStore(database);

type Name = "settle" | "sweep";

/** A request for 8 credits, 3 of them of the balance, of which 6 will be captured. */
async function world(idempotent: boolean) {
  const { account, token } = await meteredAccount(db, { logMessages: true });
  const idempotency = { key: "once", body: hashOf("body") };
  const admission = await metering.admit(
    someAdmission(token, {
      price: { ...somePrice, credits: 8 },
      ...(idempotent && { idempotency }),
    }),
  );
  const { hold } = admission;
  if (!hold) throw new Error("no hold");
  await expireHolds(db, account._id);
  const outcome = someOutcome({ credits: 6, answer: { status: 200, body: "{}" } });
  const actors = {
    settle: await actor(db, (one) => testMetering(one).settle(admission, outcome)),
    sweep: await actor(db, (one) =>
      endHold(
        { settlements: settlementStore(one), answers: idempotencyStore(one) },
        admission.account,
        hold,
      ),
    ),
  };
  return { id: hold.id, account, token, idempotency, actors };
}

async function expectAudited(account: Awaited<ReturnType<typeof world>>["account"]) {
  const [now] = await audits.again([account._id]);
  if (!now) throw new Error("the account is gone");
  const sums = await audits.ledgerSums([now]);
  expect(sums.get(account._id.toHexString())).toBe(expectedSum(now));
}

/** Runs an order of steps, after which both have crashed; then sweeps, and says who could have gone on. */
async function check(order: readonly Name[], idempotent: boolean): Promise<Name[]> {
  const { id, account, token, idempotency, actors } = await world(idempotent);
  for (const name of order) {
    await actors[name].step();
    await expectAudited(account);
  }
  const alive = (["settle", "sweep"] as const).filter((name) => actors[name].alive());
  expect((await metering.sweep()).failed).toBe(0);
  await expectAudited(account);

  const state = await stateOf(db, account._id);
  const events = state.events.filter(({ _id }) => _id === id);
  const entries = state.ledger.filter(({ _id }) => String(_id) === id);
  expect([events.length, entries.length, state.account.holds]).toEqual([1, 1, []]);
  const outcome = events[0]?.outcome;
  const [allowance, balance] = outcome === "captured" ? [5, 1] : [0, 0];
  expect(state.account.allowance.used).toBe(allowance);
  expect(state.account.balance).toBe(50 - balance);
  expect(state.moved).toEqual({ allowance: 0 - allowance, balance: 50 - balance });
  expect(state.account.conversations.used).toBe(outcome === "captured" ? 1 : 0);
  if (!alive.includes("settle") && outcome === "abandoned") {
    // What a late settle used is told, and charges nothing.
    const late = state.events.find(({ _id }) => _id === `${id}:late`);
    expect(late).toMatchObject({ outcome: "late", credits: { allowance: 0, balance: 0 } });
  }
  if (idempotent) {
    const again = await metering.admit(someAdmission(token, { idempotency }));
    if (again.replay) expect(again.replay).toEqual({ status: 200, body: "{}" });
    else await metering.settle(again, someOutcome({ answer: { status: 200, body: "{}" } }));
    const after = await stateOf(db, account._id);
    const captured = after.events.filter((event) => event.outcome === "captured");
    // One answer, and at most one charge: none if a late settle left its answer for nothing.
    expect(captured).toHaveLength(again.replay && outcome === "abandoned" ? 0 : 1);
    await expectAudited(account);
  }
  return alive;
}

describe("one settle and one sweep, in every order and with a crash after each step", () => {
  it.each([
    ["without an Idempotency-Key", false],
    ["with an Idempotency-Key", true],
  ])(
    "%s leave one event, one ledger entry, no hold, and an audit that agrees at each step",
    async (_, idempotent) => {
      const waiting: Name[][] = [[]];
      let orders = 0;
      for (let order = waiting.pop(); order; order = waiting.pop()) {
        const alive = await check(order, idempotent);
        orders += 1;
        for (const name of alive) waiting.push([...order, name]);
      }
      // 69 for three steps of each, if neither met the other.
      expect(orders).toBeGreaterThan(69);
    },
    180_000,
  );
});
