import { describe, expect, it } from "@jest/globals";
import type { AdmitInput } from "../../lib/credits/metering.ts";
import { leftOn } from "../../lib/credits/rules.ts";
import type { Token } from "../../lib/security/token.ts";
import {
  expireHolds,
  hashOf,
  meteredAccount,
  someAdmission,
  someOutcome,
  somePrice,
  stateOf,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";

const { db, metering, accounts } = await meteringWorld();
const answer = { status: 200, body: '{"id":"first"}' };

const asked = (token: Token, changes: Partial<AdmitInput> = {}): AdmitInput =>
  someAdmission(token, {
    idempotency: { key: "one", body: hashOf("body") },
    ...(changes as object),
  });

const answered = async (token: Token, body = answer.body) => {
  const admission = await metering.admit(asked(token));
  await metering.settle(admission, someOutcome({ answer: { status: 200, body } }));
  return admission;
};

const otherBody = { idempotency: { key: "one", body: hashOf("other") } };

describe("a request with an Idempotency-Key that was answered", () => {
  it.each<[string, object]>([
    ["while there is enough of everything", {}],
    ["without conversations", { conversations: { day: "2999-01-01", perDay: 0, used: 0 } }],
    ["without credits", { balance: 0, allowance: { day: "2999-01-01", perDay: 0, used: 0 } }],
    ["with a spent cap", { "keys.0.cap": { limit: 1, used: 1 } }],
    ["with too much open", { plan: "enterprise", override: { openAtOnce: 1 } }],
  ])("gets its answer again, not charged, %s", async (name, change) => {
    const { account, token } = await meteredAccount(db);
    await answered(token);
    if (name.includes("open")) await metering.admit(someAdmission(token));
    await accounts.updateOne({ _id: account._id }, { $set: change });
    const before = await stateOf(db, account._id);
    const again = await metering.admit(asked(token));
    expect(again.replay).toEqual(answer);
    const { account: kept } = before;
    const today = again.now.toISOString().slice(0, 10);
    expect(again.limits.left.credits).toBe(kept.balance + leftOn(today, kept.allowance));
    // A replay is settled already.
    await metering.settle(again, someOutcome({ answer: { status: 200, body: "another" } }));
    const after = await stateOf(db, account._id);
    expect(after.account.balance).toBe(before.account.balance);
    expect(after.account.allowance.used).toBe(before.account.allowance.used);
    expect(after.account.holds).toEqual(before.account.holds);
    expect(after.moved).toEqual(before.moved);
    expect(after.events.filter(({ outcome }) => outcome === "replayed")).toHaveLength(1);
    expect(after.events.filter(({ outcome }) => outcome === "captured")).toHaveLength(1);
  });

  it("gets it also where a later release has stored more of it", async () => {
    const { account, token } = await meteredAccount(db);
    await answered(token);
    const more = { later: 1, "answer.headers": {}, "event.credits.later": 1, "event.later": {} };
    await db
      .collection("idempotencyKeys")
      .updateOne({ account: account._id }, { $set: more }, { bypassDocumentValidation: true });
    expect((await metering.admit(asked(token))).replay).toEqual(answer);
  });

  it("is refused with another body, and nothing of it stays", async () => {
    const { account, token } = await meteredAccount(db);
    await answered(token);
    await expect(metering.admit(asked(token, otherBody))).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
      status: 422,
    });
    expect((await stateOf(db, account._id)).account).toMatchObject({
      holds: [],
      balance: 50,
      allowance: { used: 1 },
    });
  });

  it("is told if its answer was too large to be kept", async () => {
    const { account, token } = await meteredAccount(db);
    await answered(token, "x".repeat(1024 * 1024 + 1));
    await expect(metering.admit(asked(token))).rejects.toMatchObject({
      code: "IDEMPOTENCY_ANSWER_TOO_LARGE",
      status: 409,
    });
    expect((await stateOf(db, account._id)).account).toMatchObject({
      holds: [],
      allowance: { used: 1 },
    });
  });

  it("starts afresh after 24 hours, before the database has cleaned up", async () => {
    const { account, token } = await meteredAccount(db);
    await answered(token);
    await db
      .collection("idempotencyKeys")
      .updateOne({ account: account._id }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    const again = await answered(token, "second");
    expect(again.replay).toBeUndefined();
    expect((await metering.admit(asked(token))).replay?.body).toBe("second");
  });

  it("means nothing on another address, and nothing to another account", async () => {
    const { token } = await meteredAccount(db);
    await answered(token);
    const elsewhere = await metering.admit({
      ...asked(token),
      request: { ...asked(token).request, route: "/v1/batch/process" },
    });
    expect(elsewhere.replay).toBeUndefined();
    const other = await meteredAccount(db);
    expect((await metering.admit(asked(other.token))).replay).toBeUndefined();
  });

  it("runs anew if it had failed: what was not charged is not kept", async () => {
    const { token } = await meteredAccount(db);
    const failed = await metering.admit(asked(token));
    await metering.settle(failed, someOutcome({ kind: "failed", status: 502, answer }));
    expect((await metering.admit(asked(token))).replay).toBeUndefined();
  });
});

describe("a request with an Idempotency-Key that is still running", () => {
  it("is answered 409, and 422 with another body", async () => {
    const { account, token } = await meteredAccount(db);
    await metering.admit(asked(token));
    await expect(metering.admit(asked(token))).rejects.toMatchObject({
      code: "IDEMPOTENCY_IN_PROGRESS",
      status: 409,
    });
    await expect(metering.admit(asked(token, otherBody))).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
    expect((await stateOf(db, account._id)).account.holds).toHaveLength(1);
  });

  it("of a hundred at once one runs, and each other is told so or gets its answer", async () => {
    const { account, token } = await meteredAccount(db, {
      plan: "enterprise",
      override: { rate: { chat: { perMinute: 600, burst: 600 } } },
    });
    const ends = await Promise.all(
      Array.from({ length: 100 }, async () => {
        try {
          const admission = await metering.admit(asked(token));
          if (admission.replay) return admission.replay.body;
          await metering.settle(admission, someOutcome({ answer }));
          return "ran";
        } catch (error) {
          return (error as { code: string }).code;
        }
      }),
    );
    expect(ends.filter((end) => end === "ran")).toHaveLength(1);
    expect(new Set(ends)).toEqual(
      new Set([
        "ran",
        ...ends.filter((end) => end === answer.body || end === "IDEMPOTENCY_IN_PROGRESS"),
      ]),
    );
    const state = await stateOf(db, account._id);
    expect(state.account).toMatchObject({ holds: [], balance: 50, allowance: { used: 1 } });
    expect(state.moved).toEqual({ allowance: -1, balance: 50 });
  });

  it("and crashed is not ended by the answer of another request with its key", async () => {
    const { account, token } = await meteredAccount(db);
    const other = await answered(token);
    // As if the other's answer had come to be while this one was open.
    const records = db.collection("idempotencyKeys");
    const record = await records.findOne({ account: account._id });
    await records.deleteMany({ account: account._id });
    const { request } = await metering.admit(asked(token));
    if (record) await records.insertOne(record);
    await expireHolds(db, account._id);
    expect(await metering.sweep()).toMatchObject({ abandoned: 1, completed: 0, failed: 0 });
    const state = await stateOf(db, account._id);
    expect(Object.fromEntries(state.events.map(({ _id, outcome }) => [_id, outcome]))).toEqual({
      [other.request.id]: "captured",
      [request.id]: "abandoned",
    });
    expect(state.account).toMatchObject({ holds: [], allowance: { used: 1 } });
  });

  it("and crashed runs anew after the sweep, and is charged once", async () => {
    const { account, token } = await meteredAccount(db);
    await metering.admit(asked(token, { price: { ...somePrice, credits: 3 } }));
    await expect(metering.admit(asked(token))).rejects.toMatchObject({ status: 409 });
    await expireHolds(db, account._id);
    await metering.sweep();
    await answered(token);
    expect((await stateOf(db, account._id)).account).toMatchObject({
      holds: [],
      allowance: { used: 1 },
    });
  });
});
