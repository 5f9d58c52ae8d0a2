import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Document, ObjectId } from "mongodb";
import { ledgerCollection } from "../../../lib/credits/ledger.ts";
import {
  meteredAccount,
  someAdmission,
  someOutcome,
  testMetering,
} from "../../support/metering.ts";
import {
  accounts,
  call,
  database,
  db,
  eventsOf,
  ledgerOf,
  type Role,
  staff,
  stored,
} from "./world.ts";

const users = "/v1/admin-panel/users/{id}";
const { admit, settle, audit, sweep } = testMetering(database);

interface Change {
  amount: number;
  reason?: string;
  key?: string;
  as?: Role;
}

const change = (id: ObjectId, { amount, reason = "a reason", key, as = "admin" }: Change) =>
  call(`POST ${users}/credits`, {
    token: staff[as].token,
    path: { id: id.toHexString() },
    body: { amount, reason },
    ...(key !== undefined && { headers: { "Idempotency-Key": key } }),
  });
const read = (id: ObjectId, what: string, query?: Record<string, string>) =>
  call(`GET ${users}/${what}`, {
    token: staff.admin.token,
    path: { id: id.toHexString() },
    ...(query && { query }),
  });
const balanceOf = async (id: ObjectId) => (await stored(id)).balance;
const someone = async (balance: number) => (await meteredAccount(db, { balance })).account._id;

describe("POST /v1/admin-panel/users/{id}/credits", () => {
  it.each([
    [25, 75, "credits_granted", "grant"],
    [-30, 20, "credits_revoked", "revocation"],
    [-50, 0, "credits_revoked", "revocation"],
  ])(
    "200: %d is one ledger entry, with who, why and an event",
    async (amount, left, type, kind) => {
      const id = await someone(50);
      const { status, body } = await change(id, { amount, reason: "an outage" });
      expect({ status, body }).toMatchObject({
        status: 200,
        body: {
          success: true,
          data: { amount, credits: { main: left + 5, balance: left }, replayed: false },
        },
      });
      expect(await stored(id)).toMatchObject({ balance: left, postings: [] });
      const actor = `staff:${staff.admin.id.toHexString()}`;
      const [, entry, ...others] = await ledgerOf(id);
      expect(entry).toMatchObject({
        _id: body.data.entry_id,
        kind,
        credits: { allowance: 0, balance: amount },
        reason: "an outage",
        actor,
      });
      expect(others).toEqual([]);
      expect(await eventsOf(id)).toMatchObject([
        {
          type,
          actor: { kind: "staff", id: staff.admin.id },
          details: { fields: ["credits"], amount, reason: "an outage" },
        },
      ]);
    },
  );

  it("422: a revocation of more than the balance has, and one credit more than can be counted", async () => {
    const id = await someone(50);
    const refused = await change(id, { amount: -51 });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: "CREDITS_OUT_OF_RANGE", credits: { main: 55, allowance: 5, balance: 50 } },
    });
    await accounts.updateOne({ _id: id }, { $set: { balance: 999_999_999_999 } });
    expect((await change(id, { amount: 2 })).status).toBe(422);
    expect((await change(id, { amount: 1 })).status).toBe(200);
    expect(await eventsOf(id)).toHaveLength(1);
    // The ledger knows nothing of what the test put in.
    await accounts.deleteOne({ _id: id });
  });

  it.each<[string, Document]>([
    ["0", { amount: 0, reason: "why" }],
    ["a fraction", { amount: 0.5, reason: "why" }],
    ["a text", { amount: "5", reason: "why" }],
    ["too much", { amount: 1_000_000_001, reason: "why" }],
    ["no reason", { amount: 5 }],
    ["an empty reason", { amount: 5, reason: " " }],
    ["a field it does not know", { amount: 5, reason: "why", kind: "sign-up" }],
  ])("422: refuses %s", async (_, body) => {
    const id = await someone(50);
    const path = { id: id.toHexString() };
    const { status } = await call(`POST ${users}/credits`, {
      token: staff.admin.token,
      path,
      body,
    });
    expect(status).toBe(422);
    expect(await balanceOf(id)).toBe(50);
  });

  it("200: with the same Idempotency-Key it is one grant, also at once, and long after", async () => {
    const id = await someone(0);
    const ask = () => change(id, { amount: 10, key: "october" });
    const answers = await Promise.all(Array.from({ length: 8 }, ask));
    answers.push(await ask());
    expect(answers.map(({ status }) => status)).toEqual(Array(9).fill(200));
    expect(answers.filter(({ body }) => !body.data.replayed)).toHaveLength(1);
    expect(await balanceOf(id)).toBe(10);
    expect(await ledgerOf(id)).toHaveLength(2);
    expect(await eventsOf(id)).toHaveLength(1);
  });

  it("200: with the same Idempotency-Key after a crash before the ledger entry", async () => {
    const id = await someone(0);
    const first = await change(id, { amount: 10, key: "crash" });
    // As if the process had died once the balance was changed.
    const entries = db.collection<{ _id: string }>(ledgerCollection.name);
    await entries.deleteOne({ _id: first.body.data.entry_id });
    const posting = {
      id: first.body.data.entry_id,
      amount: 10,
      kind: "grant",
      reason: "a reason",
      actor: "staff:x",
      at: new Date(),
    };
    await accounts.updateOne({ _id: id }, { $push: { postings: posting } });
    const again = await change(id, { amount: 10, key: "crash" });
    expect(again.body.data.replayed).toBe(true);
    expect(await stored(id)).toMatchObject({ balance: 10, postings: [] });
    expect(await ledgerOf(id)).toHaveLength(2);
  });

  it("is one grant also where another try comes and goes between its look and its own", async () => {
    const { changeCredits } = await import("../../../lib/staff/users/change-credits.ts");
    const { postings } = await import("../../../lib/runtime.ts");
    const { log } = testMetering(database);
    const id = await someone(0);
    const grant = (store: typeof postings, request: string) =>
      changeCredits(
        { postings: store },
        {
          staff: staff.admin.staff,
          account: id,
          change: { amount: 10, reason: "why" },
          idempotencyKey: "overtaken",
          request: { id: request, ip: "203.0.113.7", userAgent: undefined, log },
        },
      );
    let others = 0;
    const overtaken = {
      ...postings,
      entry: async (entry: string) => {
        const found = await postings.entry(entry);
        others += 1;
        if (others === 1) await grant(postings, "other");
        return found;
      },
    };
    expect((await grant(overtaken, "own")).data).toMatchObject({ replayed: true });
    expect(others).toBe(2);
    expect(await balanceOf(id)).toBe(10);
    expect(await ledgerOf(id)).toHaveLength(2);
  });

  it("422: the same Idempotency-Key with another amount or reason; another admin's key is another", async () => {
    const id = await someone(0);
    await change(id, { amount: 10, key: "k" });
    for (const other of [{ amount: 11 }, { amount: 10, reason: "another" }]) {
      expect(await change(id, { ...other, key: "k" })).toMatchObject({
        status: 422,
        body: { code: "IDEMPOTENCY_KEY_REUSED" },
      });
    }
    expect((await change(id, { amount: 1, key: "k", as: "super" })).status).toBe(200);
    expect(await balanceOf(id)).toBe(11);
  });

  it("422: refuses an Idempotency-Key that is none", async () => {
    const id = await someone(0);
    expect((await change(id, { amount: 1, key: "x".repeat(256) })).status).toBe(422);
    expect(await balanceOf(id)).toBe(0);
  });

  it("at once revocations never take the balance below zero", async () => {
    const id = await someone(25);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => change(id, { amount: -10 })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, ...Array(10).fill(422)]);
    expect(await balanceOf(id)).toBe(5);
  });

  it("409: gives up after being overtaken again and again, and then nothing was granted", async () => {
    const { changeCredits } = await import("../../../lib/staff/users/change-credits.ts");
    const { postings } = await import("../../../lib/runtime.ts");
    const { log } = testMetering(database);
    const id = await someone(0);
    const overtaken = changeCredits(
      { postings: { ...postings, add: async () => false } },
      {
        staff: staff.admin.staff,
        account: id,
        change: { amount: 1, reason: "why" },
        idempotencyKey: "k",
        request: { id: "r", ip: "203.0.113.7", userAgent: undefined, log },
      },
    );
    await expect(overtaken).rejects.toMatchObject({ code: "CHANGED_MEANWHILE" });
    expect(await balanceOf(id)).toBe(0);
  });
});

describe("grants, revocations, edits, requests and the sweep at once", () => {
  type Step =
    | { kind: "change"; amount: number; key: string | undefined }
    | { kind: "set"; left: number }
    | { kind: "spend"; credits: number };
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant("change" as const),
      amount: fc.integer({ min: -20, max: 20 }).filter((amount) => amount !== 0),
      key: fc.constantFrom(undefined, "one", "two"),
    }),
    fc.record({ kind: fc.constant("set" as const), left: fc.nat(60) }),
    fc.record({ kind: fc.constant("spend" as const), credits: fc.integer({ min: 1, max: 9 }) }),
  );

  it("leave a balance that the ledger agrees with, and never one below zero", async () => {
    const seen = { made: 0, refused: 0, spent: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
        const { account, token } = await meteredAccount(db, { balance: 30 });
        const id = account._id;
        const make = async (one: Step): Promise<void> => {
          if (one.kind === "spend") {
            const price = { credits: one.credits, conversations: 0, level: 1, rType: null };
            const admission = await admit(
              someAdmission(token, { price: { ...price, model: "gpt-4o-mini" } }),
            ).catch(() => undefined);
            if (!admission) return;
            await settle(admission, someOutcome({ credits: one.credits, conversations: 0 }));
            seen.spent += 1;
            return;
          }
          const { status } =
            one.kind === "change"
              ? await change(id, { amount: one.amount, ...(one.key && { key: one.key }) })
              : await call(`PUT ${users}`, {
                  token: staff.admin.token,
                  path: { id: id.toHexString() },
                  body: { credits: { main: one.left } },
                });
          expect([200, 409, 422]).toContain(status);
          seen[status === 200 ? "made" : "refused"] += 1;
        };
        await Promise.all([...steps.map(make), sweep()]);
        const { body } = await read(id, "audit");
        expect(body).toMatchObject({ verdict: "agrees", held: 0, posted: 0 });
        expect(body.balance).toBeGreaterThanOrEqual(0);
        const sum = (await ledgerOf(id)).reduce((total, { credits }) => total + credits.balance, 0);
        expect(body.balance).toBe(sum);
      }),
      { numRuns: 40 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
    expect(await audit()).toMatchObject({ mismatches: 0 });
  }, 120_000);
});

describe("GET /v1/admin-panel/users/{id}/audit", () => {
  it("200: says what differs", async () => {
    const id = await someone(50);
    await accounts.updateOne({ _id: id }, { $inc: { balance: 3 } });
    const { status, body } = await read(id, "audit");
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      verdict: "differs",
      balance: 53,
      held: 0,
      posted: 0,
      expected: 53,
      ledger: 50,
    });
    await accounts.deleteOne({ _id: id });
  });

  it("200: an open request is held, not spent", async () => {
    const { account, token } = await meteredAccount(db, {
      balance: 50,
      allowance: { day: "2026-01-01", perDay: 0, used: 0 },
    });
    await admit(someAdmission(token));
    expect((await read(account._id, "audit")).body).toMatchObject({
      verdict: "agrees",
      balance: 49,
      held: 1,
      ledger: 50,
    });
  });

  it("says that it is unsettled while the account keeps changing", async () => {
    const { auditAccount } = await import("../../../lib/credits/audit-account.ts");
    const { audits } = await import("../../../lib/runtime.ts");
    const id = await someone(50);
    let balance = 50;
    const busy = {
      ledgerSums: audits.ledgerSums,
      again: async (ids: readonly ObjectId[]) =>
        (await audits.again(ids)).map((one) => ({ ...one, balance: balance++ })),
    };
    expect(await auditAccount({ audits: busy }, id)).toMatchObject({ verdict: "unsettled" });
  });
});

describe("GET /v1/admin-panel/users/{id}/ledger", () => {
  it("200: newest first, by pages and by cursors, also where moments are the same", async () => {
    const id = await someone(0);
    // After the entry of the sign-up.
    const at = new Date(Date.now() + 1_000);
    const names = ["a", "b", "c", "d", "e"].map((name) => `${id.toHexString()}:${name}`);
    await db.collection<{ _id: string }>(ledgerCollection.name).insertMany(
      names.map(
        (_id) =>
          ({
            _id,
            account: id,
            kind: "grant",
            credits: { allowance: 0, balance: 1 },
            reason: "why",
            actor: "service",
            at,
          }) as { _id: string },
      ),
    );
    const ids = ({ body }: Awaited<ReturnType<typeof read>>): string[] =>
      body.entries.map((entry: { id: string }) => entry.id);
    const all = await read(id, "ledger");
    expect(all.status).toBe(200);
    expect(all.body).toMatchObject({ total_count: 6, page: 1, next_cursor: null });
    expect(ids(all).slice(0, 5)).toEqual(names.toReversed());
    const first = await read(id, "ledger", { page_size: "2" });
    const second = await read(id, "ledger", { page_size: "2", cursor: first.body.next_cursor });
    const third = await read(id, "ledger", { page_size: "2", page: "3" });
    expect([...ids(first), ...ids(second), ...ids(third)]).toEqual(ids(all));
  });

  it("200: also of a user who was removed", async () => {
    const id = await someone(7);
    const { username, name, email, createdAt } = await stored(id);
    await db.collection("deletedAccounts").insertOne({
      _id: id,
      username,
      name,
      email,
      userType: "Personal",
      plan: "free",
      balance: 7,
      createdAt,
      deletedAt: new Date(),
      deletedBy: "account",
      reason: "",
    });
    await accounts.deleteOne({ _id: id });
    expect((await read(id, "ledger")).body.entries).toMatchObject([{ kind: "sign-up" }]);
    expect((await read(new ObjectId(), "ledger")).status).toBe(404);
  });

  it("422: the cursor of another list", async () => {
    const id = await someone(0);
    const cursor = Buffer.from('["username","ada"]').toString("base64url");
    expect((await read(id, "ledger", { cursor })).status).toBe(422);
  });
});
