import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { describe, expect, it } from "@jest/globals";
import {
  expireHolds,
  hashOf,
  meteredAccount,
  someAdmission,
  someOutcome,
  stateOf,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, uri, name, metering } = await meteringWorld();

/** Runs a request in a process of its own. @returns the signal that ended it */
const request = async (...args: string[]): Promise<string | undefined> => {
  try {
    await promisify(execFile)(process.execPath, [
      "tests/support/metered-child.ts",
      uri,
      name,
      ...args,
    ]);
    return undefined;
  } catch (error) {
    return (error as { signal: string }).signal;
  }
};

/** What is left of a request that is killed there: nothing, a hold, or all that it wanted. */
type Left = "nothing" | "hold" | "charge";

describe("a process that is killed", () => {
  it.each<[string, number, string, Left]>([
    ["before the gate", 0, "before", "nothing"],
    ["after the gate", 0, "after", "hold"],
    ["before it looks for an answer", 1, "before", "hold"],
    ["after it has looked for an answer", 1, "after", "hold"],
    ["before settle", 2, "before", "hold"],
    ["after settle", 2, "after", "charge"],
    ["never", 99, "before", "charge"],
  ])("%s loses nothing and charges nothing twice", async (_, killAt, moment, left) => {
    const { account, token, text } = await meteredAccount(db);
    const id = randomUUID();
    const signal = await request(text, id, String(killAt), moment);
    expect(signal).toBe(killAt === 99 ? undefined : "SIGKILL");
    const before = await stateOf(db, account._id);
    expect(before.account.holds).toHaveLength(left === "hold" ? 1 : 0);
    expect(await metering.audit()).toMatchObject({ mismatches: 0 });

    await expireHolds(db, account._id);
    await metering.sweep();
    const after = await stateOf(db, account._id);
    const charged =
      left === "charge" ? { allowance: -5, balance: 47 } : { allowance: 0, balance: 50 };
    expect(after.moved).toEqual(charged);
    expect(after.account).toMatchObject({ holds: [], balance: charged.balance });
    expect(after.events.map((event) => [event._id, event.outcome])).toEqual(
      left === "nothing" ? [] : [[id, left === "charge" ? "captured" : "abandoned"]],
    );
    expect(await metering.audit()).toMatchObject({ mismatches: 0 });

    // The client asks again.
    const again = await metering.admit(
      someAdmission(token, { idempotency: { key: "once", body: hashOf("body") } }),
    );
    expect(again.replay !== undefined).toBe(left === "charge");
    await metering.settle(again, someOutcome());
    const { events } = await stateOf(db, account._id);
    expect(events.filter(({ outcome }) => outcome === "captured")).toHaveLength(1);
  });
});
