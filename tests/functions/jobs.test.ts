import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { someAccount } from "../support/accounts.ts";
import { loadFunction } from "../support/functions.ts";
import {
  expireHolds,
  meteredAccount,
  someAdmission,
  someOutcome,
  stateOf,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, uri, name, metering, accounts } = await meteringWorld();

type Counts = Record<string, number>;
const jobOf = async (path: string): Promise<() => Promise<Counts>> =>
  (await loadFunction(path, {
    MONGODB_URI: uri,
    MONGODB_DATABASE: name,
  })) as unknown as () => Promise<Counts>;
const sweep = await jobOf("jobs/sweep-holds");
const audit = await jobOf("jobs/audit-ledger");
const remove = await jobOf("jobs/remove-accounts");

describe("jobs/sweep-holds", () => {
  it("gives back what crashed requests hold and leaves what runs, also when it runs twice at once", async () => {
    const { account, token } = await meteredAccount(db);
    const crashed = await metering.admit(someAdmission(token));
    await metering.admit(someAdmission(token));
    await expireHolds(db, account._id);
    const running = await metering.admit(someAdmission(token));
    const [one, other] = await Promise.all([sweep(), sweep()]);
    expect((one?.abandoned ?? 0) + (other?.abandoned ?? 0)).toBeGreaterThanOrEqual(2);
    const state = await stateOf(db, account._id);
    expect(state.account.holds.map(({ id }) => id)).toEqual([running.request.id]);
    expect(state.account).toMatchObject({ balance: 50, allowance: { used: 1 } });
    expect(state.ledger).toHaveLength(3);
    expect(state.events.map(({ outcome }) => outcome)).toEqual(["abandoned", "abandoned"]);
    expect(state.events.map(({ _id }) => _id)).toContain(crashed.request.id);
    await metering.settle(running, someOutcome());
    expect(await sweep()).toEqual({ abandoned: 0, completed: 0, postings: 0, failed: 0 });
  });

  it("finishes a posting that was left behind, and no younger one", async () => {
    const posting = (id: string, age: number) => ({
      id,
      amount: 5,
      kind: "grant",
      reason: "test",
      actor: "service",
      at: new Date(Date.now() - age),
    });
    const account = someAccount({
      balance: 10,
      postings: [posting("grant-old", 61_000), posting("grant-young", 0)],
    });
    await accounts.insertOne(account);
    expect(await sweep()).toMatchObject({ postings: 1, failed: 0 });
    const state = await stateOf(db, account._id);
    expect(state.account.postings.map(({ id }) => id)).toEqual(["grant-young"]);
    expect(state.account.balance).toBe(10);
    expect(state.moved).toEqual({ allowance: 0, balance: 5 });
    await accounts.deleteOne({ _id: account._id });
  });
});

describe("jobs/audit-ledger", () => {
  it("finds nothing where holds and postings are open, and what nobody entered", async () => {
    const { account, token } = await meteredAccount(db);
    await metering.admit(someAdmission(token));
    expect(await audit()).toMatchObject({ mismatches: 0 });
    await accounts.updateOne({ _id: account._id }, { $inc: { balance: -1 } });
    expect(await audit()).toMatchObject({ mismatches: 1 });
    await accounts.updateOne({ _id: account._id }, { $inc: { balance: 1 } });
  });
});

describe("jobs/remove-accounts", () => {
  it("waits for what is open, then removes the account and its messages and keeps who it was", async () => {
    const { account, token } = await meteredAccount(db, { logMessages: true });
    const message = {
      model: "gpt-4o-mini",
      rType: null,
      research: false,
      request: [{ role: "user", content: { $odd: "a.b" } }],
      response: { role: "assistant", content: "hello" },
      tokens: 30,
      duration: 100,
    };
    const first = await metering.admit(
      someAdmission(token, { idempotency: { key: "k", body: "0".repeat(64) } }),
    );
    await metering.settle(
      first,
      someOutcome({ messages: [message], answer: { status: 200, body: "{}" } }),
    );
    const open = await metering.admit(someAdmission(token));
    await accounts.updateOne(
      { _id: account._id },
      {
        $set: {
          status: "deleting",
          keys: [],
          deletion: { at: new Date(), by: "account", reason: "enough" },
        },
      },
    );
    expect(await remove()).toEqual({ removed: 0 });
    expect(await metering.settle(open, someOutcome({ messages: [message] }))).toMatchObject({
      late: false,
    });
    const own = { account: account._id };
    expect(await db.collection("messageLogs").countDocuments(own)).toBe(2);
    const [one, other] = await Promise.all([remove(), remove()]);
    expect((one?.removed ?? 0) + (other?.removed ?? 0)).toBeGreaterThanOrEqual(1);
    expect(await accounts.findOne({ _id: account._id })).toBeNull();
    expect(await db.collection("messageLogs").countDocuments(own)).toBe(0);
    expect(await db.collection("idempotencyKeys").countDocuments(own)).toBe(0);
    expect(await db.collection("deletedAccounts").find().toArray()).toMatchObject([
      { _id: account._id, username: account.username, reason: "enough", deletedBy: "account" },
    ]);
    expect(await db.collection("ledger").countDocuments(own)).toBe(3);
    expect(await remove()).toEqual({ removed: 0 });
  });

  it("takes the address rules of the account with it, as a new version of all, and leaves those of others", async () => {
    const rules = db.collection<{ _id: string; version: number; rules: object[] }>("ipRules");
    const { account: gone } = await meteredAccount(db, { status: "deleting" });
    const { account: other } = await meteredAccount(db);
    const [own, others, everybodys] = [{ account: gone._id }, { account: other._id }, {}].map(
      (whose) => ({
        id: new ObjectId(),
        action: "deny",
        scope: "account" in whose ? "account" : "service",
        ...whose,
        range: { from: "0".repeat(32), to: "0".repeat(32) },
        description: "",
        active: true,
        createdBy: new ObjectId(),
        createdAt: new Date(),
      }),
    );
    if (!own || !others || !everybodys) throw new Error("no rules");
    const kept = { _id: "service", version: 4, updatedAt: new Date() };
    await rules.insertOne({
      ...kept,
      rules: [own, others, everybodys, { ...own, id: new ObjectId() }],
    });
    expect(await remove()).toEqual({ removed: 1 });
    expect(await rules.findOne()).toEqual({ ...kept, version: 5, rules: [others, everybodys] });
  });
});
