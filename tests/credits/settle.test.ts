import { afterAll, describe, expect, it } from "@jest/globals";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { commandsOf, monitored } from "../support/commands.ts";
import { embeddedServer } from "../support/embedded.ts";
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

// Of its own, because replies get lost here.
const { db, uri, client } = await embeddedServer();
await migrate(db, collections);
const database = openDatabase({ uri: () => monitored(uri), name: "test" });
afterAll(() => database.close());
const metering = testMetering(database);
const accounts = db.collection<StoredAccount>("accounts");
const price = (credits: number, conversations = 1) => ({ ...somePrice, credits, conversations });

/** The next `times` writes are made, and their replies are lost. */
const loseReplies = (times: number): Promise<unknown> =>
  client.db("admin").command({
    configureFailPoint: "onPrimaryTransactionalWrite",
    mode: { times },
    data: { closeConnection: true },
  });

describe("a settled request", () => {
  it("is charged of the allowance first, once, with one event and one ledger entry", async () => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token, { price: price(8) }));
    expect(admission.limits.left).toMatchObject({ credits: 47, allowance: 0 });
    // A minute more than its function may run.
    const { at, expiresAt } = admission.hold ?? {};
    expect(Number(expiresAt) - Number(at)).toBe(960_000);
    const settled = await metering.settle(admission, someOutcome({ credits: 6 }));
    expect(settled).toEqual({ recorded: true, late: false, credits: 6 });
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({ holds: [], balance: 49, allowance: { used: 5 } });
    expect(state.moved).toEqual({ allowance: -5, balance: 49 });
    expect(state.events).toMatchObject([
      {
        _id: admission.request.id,
        outcome: "captured",
        credits: { allowance: 5, balance: 1 },
        conversations: 1,
        tokens: { input: 10, output: 20, estimated: false },
        endpoint: "/v1/chat/completions",
        at: admission.now,
      },
    ]);
    // Filled by the server.
    expect(state.events[0]?.recorded.getHighBits()).toBeGreaterThan(0);
  });

  it("that failed is charged nothing and gives everything back", async () => {
    const { account, token } = await meteredAccount(db, {}, { creditLimit: 10 });
    const admission = await metering.admit(someAdmission(token, { price: price(8, 3) }));
    await metering.settle(
      admission,
      someOutcome({ kind: "failed", credits: 8, status: 502, code: "UPSTREAM_FAILED" }),
    );
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({
      holds: [],
      balance: 50,
      allowance: { used: 0 },
      conversations: { used: 0 },
      keys: [{ cap: { limit: 10, used: 0 } }],
    });
    expect(state.moved).toEqual({ allowance: 0, balance: 50 });
    expect(state.events).toMatchObject([
      { outcome: "failed", code: "UPSTREAM_FAILED", status: 502 },
    ]);
  });

  it("is never charged more than was held", async () => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token, { price: price(2) }));
    const settled = await metering.settle(
      admission,
      someOutcome({ credits: 99, conversations: 99 }),
    );
    expect(settled.credits).toBe(2);
    expect((await stateOf(db, account._id)).account.conversations.used).toBe(1);
  });

  it("keeps its messages if the account wants that, whatever names stand in them", async () => {
    const message = {
      model: "gpt-4o-mini",
      rType: "bpe",
      research: true,
      request: [{ role: "user", content: "hi", $where: "1", "a.b": 2 }],
      response: { role: "assistant", content: "hello" },
      tokens: 30,
      duration: 99,
    };
    for (const logMessages of [true, false]) {
      const { account, token } = await meteredAccount(db, { logMessages });
      const admission = await metering.admit(someAdmission(token));
      await metering.settle(admission, someOutcome({ messages: [message, message] }));
      const kept = await db.collection("messageLogs").find({ account: account._id }).toArray();
      expect(kept).toHaveLength(logMessages ? 2 : 0);
      if (!logMessages) continue;
      expect(kept[0]).toMatchObject({ rType: "bpe", research: true, tokens: 30 });
      expect(JSON.parse(kept[0]?.messages)).toEqual({
        request: message.request,
        response: message.response,
      });
    }
  });

  it("is charged though its messages are too large to be kept", async () => {
    const { account, token } = await meteredAccount(db, { logMessages: true });
    const admission = await metering.admit(someAdmission(token));
    const message = {
      model: "gpt-4o-mini",
      rType: null,
      research: false,
      request: [],
      response: { role: "assistant", content: "x".repeat(17 * 1024 * 1024) },
      tokens: 30,
      duration: 99,
    };
    const settled = await metering.settle(admission, someOutcome({ messages: [message] }));
    expect(settled).toEqual({ recorded: true, late: false, credits: 1 });
    expect(await db.collection("messageLogs").countDocuments({ account: account._id })).toBe(0);
  });

  it("that the database refuses for good is tried once, and stands in the log", async () => {
    const { token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token));
    const bad = someOutcome({ tokens: { input: -1, output: 0, estimated: false } });
    const failed = metering.counted.SettlesFailed ?? 0;
    const commands = await commandsOf(database, () => metering.settle(admission, bad));
    expect(commands).toEqual(["bulkWrite"]);
    expect(metering.counted.SettlesFailed).toBe(failed + 1);
  });

  it("gives nothing back to a day that is over, and the balance its part", async () => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token, { price: price(8, 2) }));
    const tomorrow = { day: "2999-01-01", perDay: 5, used: 4 };
    await accounts.updateOne(
      { _id: account._id },
      { $set: { allowance: tomorrow, conversations: tomorrow } },
    );
    await metering.settle(admission, someOutcome({ kind: "failed" }));
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({
      balance: 50,
      allowance: tomorrow,
      conversations: tomorrow,
      holds: [],
    });
  });
});

describe("a settlement that comes after the sweep", () => {
  it("charges nothing, tells what was used, and is counted", async () => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token, { price: price(8) }));
    await expireHolds(db, account._id);
    await metering.sweep();
    const settled = await metering.settle(admission, someOutcome({ credits: 8 }));
    expect(settled).toEqual({ recorded: true, late: true, credits: 0 });
    // Again, as after a lost reply.
    await metering.settle(admission, someOutcome({ credits: 8 }));
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({ balance: 50, allowance: { used: 0 }, holds: [] });
    expect(
      state.events.map(({ _id, outcome, credits, tokens }) => [
        _id,
        outcome,
        credits.balance,
        tokens?.output,
      ]),
    ).toEqual([
      [admission.request.id, "abandoned", 0, undefined],
      [`${admission.request.id}:late`, "late", 0, 20],
    ]);
    expect(metering.counted).toMatchObject({ HoldsAbandoned: 1, SettlesLate: 2 });
  });
});

describe("a lost reply", () => {
  it("of the gate takes one hold", async () => {
    const { account, token } = await meteredAccount(db);
    await loseReplies(1);
    const admission = await metering.admit(someAdmission(token));
    expect(admission.hold?.at).toEqual(admission.now);
    const state = await stateOf(db, account._id);
    expect(state.account.holds).toHaveLength(1);
    expect(state.account.allowance.used).toBe(1);
  });

  it.each([
    ["without a price", undefined, false],
    ["with one", price(8), false],
    ["with one, and another request in between", price(8), true],
  ])(
    "of the gate, whose retry the server does not know any more, takes nothing twice: %s",
    async (_, asked, isOther) => {
      const { account, token } = await meteredAccount(db, {}, { creditLimit: 100 });
      const ask = someAdmission(token, { price: asked });
      const first = await metering.admit(ask);
      if (isOther) await metering.admit(someAdmission(token));
      const { account: before } = await stateOf(db, account._id);
      const second = await metering.admit(ask);
      expect((await stateOf(db, account._id)).account).toEqual(before);
      expect({ now: second.now, hold: second.hold }).toEqual({ now: first.now, hold: first.hold });
    },
  );

  it("of the gate without a price takes one slot", async () => {
    const { account, token } = await meteredAccount(db);
    await loseReplies(1);
    const { now } = await metering.admit(someAdmission(token, { price: undefined }));
    const state = await stateOf(db, account._id);
    expect(state.account.rate.chat?.getTime()).toBe(now.getTime() + 300);
  });

  it.each([
    ["once, which the driver mends", 1],
    ["of its retry too, so that settle runs again as a whole", 2],
    ["four times", 4],
  ])("of settle %s, writes each row once and removes the hold", async (_, times) => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(
      someAdmission(token, { idempotency: { key: "k", body: hashOf("b") } }),
    );
    await loseReplies(times);
    const outcome = someOutcome({ answer: { status: 200, body: "{}" } });
    expect(await metering.settle(admission, outcome)).toEqual({
      recorded: true,
      late: false,
      credits: 1,
    });
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({ holds: [], balance: 50, allowance: { used: 1 } });
    expect(state.ledger).toHaveLength(2);
    expect(state.events).toHaveLength(1);
  });
});

describe("round trips", () => {
  it.each([
    ["a metered request takes two", {}, ["findAndModify", "bulkWrite"]],
    [
      "with an Idempotency-Key it takes three",
      { idempotency: { key: "k", body: hashOf("b") } },
      ["findAndModify", "find", "bulkWrite"],
    ],
    ["without a price it takes two", { price: undefined }, ["findAndModify", "bulkWrite"]],
  ])("%s", async (_, ask, commands) => {
    const { token } = await meteredAccount(db);
    const work = async () =>
      metering.settle(await metering.admit(someAdmission(token, ask)), someOutcome());
    expect(await commandsOf(database, work)).toEqual(commands);
  });

  it("a refused one takes one, and one for its event", async () => {
    const { token } = await meteredAccount(db, { status: "suspended" });
    const work = () => metering.admit(someAdmission(token)).catch(() => undefined);
    expect(await commandsOf(database, work)).toEqual(["findAndModify", "bulkWrite"]);
  });
});

describe("while the database is away", () => {
  const away = openDatabase({ uri: () => "mongodb://127.0.0.1:1/", name: "test" });

  it("nothing is admitted, and that is said within 5 s", async () => {
    const { token } = await meteredAccount(db);
    const startedAt = performance.now();
    await expect(testMetering(away).admit(someAdmission(token))).rejects.toMatchObject({
      code: "DATABASE_UNAVAILABLE",
    });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("settle ends all the same, and leaves the whole event in the log", async () => {
    const { account, token } = await meteredAccount(db);
    const admission = await metering.admit(someAdmission(token));
    const cut = testMetering(away);
    const request = { ...admission.request, log: cut.log };
    const settled = await cut.settle({ ...admission, request }, someOutcome());
    expect(settled).toEqual({ recorded: false, late: false, credits: 0 });
    expect(cut.counted).toEqual({ SettlesFailed: 1 });
    const [line] = cut.lines;
    expect(JSON.parse(String(line?.fields.event))).toMatchObject({
      _id: admission.request.id,
      account: { $oid: account._id.toHexString() },
      outcome: "captured",
      credits: { allowance: 1, balance: 0 },
    });
    await away.close();
  });
});
