import { randomUUID } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Document, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { securityEvent } from "../../lib/security/events.ts";
import { holderProofs, type ProofAttempt } from "../../lib/security/proof.ts";
import { recordChange } from "../../lib/security/record-change.ts";
import {
  admission,
  type Throttle,
  type ThrottleRule,
  upToDate,
  withCounted,
} from "../../lib/security/throttle/rules.ts";
import { parseToken } from "../../lib/security/token.ts";
import { sessionStore } from "../../lib/sessions/store.ts";
import { signedIn, someRequest } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";
import { someThrottleRule } from "../support/throttle-rules.ts";

const { db } = await testDatabase();
await migrate(db, collections);
const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const sessions = sessionStore(database);

const hour = 3_600_000;
const rule: ThrottleRule = { limit: 5, window: hour, lock: 2 * hour };
const attempt = (using = rule): ProofAttempt => ({ id: randomUUID(), rule: using });

/** Somebody who is signed in, with what opens the session for one attempt. */
async function someone(changes: Partial<StoredAccount> = {}) {
  const { account, tokens } = await signedIn(db, { lastActivityAt: new Date(), ...changes });
  const token = parseToken("session", tokens.session_token);
  if (!token) throw new Error("no token");
  const open = async (one: ProofAttempt) => {
    const { proof } = (await sessions.open(token, one)) ?? {};
    if (!proof) throw new Error("no proof");
    return proof;
  };
  return { id: account._id, account, token, open };
}
const event = (subject: ObjectId) =>
  securityEvent("password_proof_failed", { request: { ...someRequest, id: "r" }, subject });
const proofOf = async (_id: ObjectId) => (await accounts.findOne({ _id }))?.proof;
/** A change that rests on a proof. */
const changed = (
  _id: ObjectId,
  proof: Awaited<ReturnType<Awaited<ReturnType<typeof someone>>["open"]>>,
  filter: Document = {},
) =>
  recordChange(database, accountsCollection.name, {
    filter: { _id, ...filter },
    update: [{ $set: { notes: "changed" } }],
    event: [],
    proof,
  });

/** As if all that is known had happened `milliseconds` earlier. */
const aged = (known: Throttle, milliseconds: number): Throttle => {
  const earlier = (at: Date): Date => new Date(at.getTime() - milliseconds);
  return {
    ...known,
    until: earlier(known.until),
    open: known.open.map(({ id, at }) => ({ id, at: earlier(at) })),
  };
};

describe("the proof of a password", () => {
  it("takes a place with the session, and is seen by nobody who opens it", async () => {
    const { id, token, open } = await someone();
    const one = attempt();
    expect((await open(one)).refusal).toBeUndefined();
    expect((await proofOf(id))?.open.map((place) => place.id)).toEqual([one.id]);
    const opened = await sessions.open(token);
    expect(opened?.account).not.toHaveProperty("proof");
    expect(opened?.proof).toBeUndefined();
  });

  it("leaves nothing behind but failures, so that documents stay small", async () => {
    const { id, account, open } = await someone();
    await (await open(attempt())).giveBack();
    expect(await accounts.findOne({ _id: id })).toEqual(account);
    await (await open(attempt())).fail(() => event(id));
    const failed = await proofOf(id);
    expect(failed).toMatchObject({ counted: 1, open: [] });
    await (await open(attempt())).giveBack();
    expect(await proofOf(id)).toEqual(failed);
    expect(await changed(id, await open(attempt()))).toBe(true);
    expect(await accounts.findOne({ _id: id })).toEqual({ ...account, notes: "changed" });
  });

  it("that is right forgets failures, and leaves others that are open their places", async () => {
    const { id, open } = await someone();
    await (await open(attempt())).fail(() => event(id));
    const right = await open(attempt());
    const other = attempt();
    const guess = await open(other);
    await changed(id, right);
    expect(await proofOf(id)).toMatchObject({ counted: 0, open: [{ id: other.id }] });
    await guess.fail(() => event(id));
    expect(await proofOf(id)).toMatchObject({ counted: 1, open: [] });
  });

  it("keeps its place until a change is made", async () => {
    const { id, open } = await someone();
    const one = attempt();
    const proof = await open(one);
    expect(await changed(id, proof, { status: "suspended" })).toBe(false);
    expect(await proofOf(id)).toMatchObject({ open: [{ id: one.id }] });
    await proof.giveBack();
    expect(await proofOf(id)).toBeUndefined();
  });

  it("tells the number of its failure, also among several at once", async () => {
    const { id, open } = await someone();
    const proofs = await Promise.all([attempt(), attempt(), attempt()].map(open));
    const told: number[] = [];
    const fail = (proof: (typeof proofs)[number]) =>
      proof.fail((failures) => {
        told.push(failures);
        return event(id);
      });
    await Promise.all(proofs.map(fail));
    await fail(await open(attempt()));
    expect(told.sort()).toEqual([1, 2, 3, 4]);
    expect(await db.collection("securityEvents").countDocuments({ subject: id })).toBe(4);
  });

  it("is not given back once it was wrong, even if that could not be written", async () => {
    const { id, account } = await someone();
    let sent = 0;
    const away = {
      run: async () => {
        sent += 1;
        throw new Error("away");
      },
    };
    const one = attempt();
    const known = {
      counted: 0,
      until: new Date(Date.now() + hour),
      open: [{ id: one.id, at: new Date() }],
    };
    const proof = holderProofs(away, accountsCollection.name)(account._id, one, known, new Date());
    await expect(proof.fail(() => event(id))).rejects.toThrow("away");
    await proof.giveBack();
    expect(sent).toBe(1);
  });

  it("decides in the database as the pure rule decides, whatever the history", async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("open" as const) }),
      fc.record({ do: fc.constantFrom("fail", "give back", "change"), which: fc.nat(7) }),
      fc.record({ do: fc.constant("wait" as const), for: fc.constantFrom(61_000, hour, 3 * hour) }),
    );
    await fc.assert(
      fc.asyncProperty(
        someThrottleRule,
        fc.array(step, { maxLength: 14 }),
        async (using, steps) => {
          const { id, open } = await someone();
          const made: { id: string; proof: Awaited<ReturnType<typeof open>> }[] = [];
          let model: Throttle | undefined;
          for (const one of steps) {
            const now = new Date();
            if ("for" in one) {
              const known = await proofOf(id);
              if (known)
                await accounts.updateOne({ _id: id }, { $set: { proof: aged(known, one.for) } });
              model = model && aged(model, one.for);
            } else if (!("which" in one)) {
              const next = attempt(using);
              model = upToDate(model, using, now);
              const expected = admission(model, using, now);
              if (expected === "admitted") {
                model = { ...model, open: [...model.open, { id: next.id, at: now }] };
              }
              const proof = await open(next);
              expect(proof.refusal?.admission ?? "admitted").toBe(expected);
              made.push({ id: next.id, proof });
            } else {
              const [{ id: which, proof } = {}] = made.splice(one.which, 1);
              if (which === undefined || !proof) continue;
              const isOpen = model?.open.some((place) => place.id === which) ?? false;
              if (one.do === "fail") {
                await proof.fail(() => event(id));
                if (model && isOpen)
                  model = withCounted(upToDate(model, using, now), which, using, now);
              } else if (one.do === "give back") {
                await proof.giveBack();
                if (model)
                  model = { ...model, open: model.open.filter((place) => place.id !== which) };
              } else if (isOpen) {
                await changed(id, proof);
                if (model) {
                  model = {
                    ...model,
                    counted: 0,
                    open: model.open.filter((place) => place.id !== which),
                  };
                }
              }
            }
            const known = await proofOf(id);
            expect(known?.counted ?? 0).toBe(model?.counted ?? 0);
            expect(known?.open.map((place) => place.id) ?? []).toEqual(
              model?.open.map((place) => place.id) ?? [],
            );
            if (!known) model = undefined;
            const apart = Math.abs((known?.until.getTime() ?? 0) - (model?.until.getTime() ?? 0));
            expect(apart).toBeLessThan(10_000);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
