import { describe, expect, it } from "@jest/globals";
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

const { db, metering } = await meteringWorld();

const answer = { status: 200, body: '{"id":"first"}' };
const asked = {
  price: { ...somePrice, credits: 8 },
  idempotency: { key: "once", body: hashOf("body") },
};

/** A request with an Idempotency-Key whose settle was killed after so many of its steps. */
async function killedAfter(steps: number) {
  const { account, token } = await meteredAccount(db);
  const admission = await metering.admit(someAdmission(token, asked));
  const settle = await actor(db, (one) =>
    testMetering(one).settle(admission, someOutcome({ credits: 8, answer })),
  );
  for (let step = 0; step < steps; step++) await settle.step();
  return { account: account._id, token, isKilled: settle.alive() };
}

/** What the client gets that asks again: the body of an answer, or a code. */
async function askedAgain(token: Parameters<typeof someAdmission>[0]): Promise<string> {
  try {
    const again = await metering.admit(someAdmission(token, asked));
    if (again.replay) return again.replay.body;
    const own = { status: 200, body: '{"id":"second"}' };
    await metering.settle(again, someOutcome({ credits: 8, answer: own }));
    return own.body;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("a settle with an Idempotency-Key that is killed, and the client asks again before the sweep and after it", () => {
  it.each([
    ["before its first step", 0, ["IDEMPOTENCY_IN_PROGRESS", '{"id":"second"}']],
    ["after the answer is kept", 1, [answer.body, answer.body]],
    ["after the event", 2, [answer.body, answer.body]],
    ["after the ledger entry", 3, [answer.body, answer.body]],
    ["never", 4, [answer.body, answer.body]],
  ])("%s: there is one answer and one charge", async (_, steps, answers) => {
    const { account, token, isKilled } = await killedAfter(steps);
    expect(isKilled).toBe(steps < 4);
    const before = await askedAgain(token);
    await expireHolds(db, account);
    expect((await metering.sweep()).failed).toBe(0);
    expect([before, await askedAgain(token)]).toEqual(answers);
    // Whoever asks once more gets what was answered then.
    expect(await askedAgain(token)).toBe(answers[1]);
    const { account: after, events, moved, ledger } = await stateOf(db, account);
    expect(events.filter(({ outcome }) => outcome === "captured")).toHaveLength(1);
    expect(after).toMatchObject({ holds: [], balance: 47, allowance: { used: 5 } });
    expect(moved).toEqual({ allowance: -5, balance: 47 });
    const ids = ledger.map(({ _id }) => String(_id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(await metering.audit()).toMatchObject({ mismatches: 0 });
  });
});
