import { afterAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { codeStore } from "../../lib/email/code-store.ts";
import { sendRefusal } from "../../lib/email/rules.ts";
import { someAccount } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, [accountsCollection]);
const accounts = db.collection<StoredAccount>(accountsCollection.name);
const database = openDatabase({ uri: () => uri, name });
afterAll(() => database.close());
const store = codeStore(database);

const hash = "a".repeat(64);
const minute = 60_000;
const lifetime = 24 * 60 * minute;
const limit = { perDay: 3, wait: 0 };
const dayOf = (time: Date) => time.toISOString().slice(0, 10);

async function stored(changes: Partial<StoredAccount> = {}): Promise<StoredAccount> {
  const account = someAccount({ verified: false, ...changes });
  await accounts.insertOne(account);
  return account;
}
const mint = (account: ObjectId, changes: Partial<Parameters<typeof store.mint>[0]> = {}) =>
  store.mint({ account, purpose: "verification", hash, lifetime, allowed: limit, ...changes });

describe("minting a code", () => {
  it("stores its hash, its end by the server's clock and where it goes, and counts the mail", async () => {
    const { _id, email } = await stored();
    const minted = await mint(_id);
    const { codes, sends } = (await accounts.findOne({ _id })) ?? {};
    const lastAt = sends?.verification?.lastAt ?? new Date(Number.NaN);
    expect(codes).toEqual({
      verification: { hash, expiresAt: new Date(lastAt.getTime() + lifetime), tries: 0, email },
    });
    expect(sends).toEqual({ verification: { day: dayOf(lastAt), count: 1, lastAt } });
    expect(minted).toMatchObject({ account: { _id, email, codes, sends }, now: lastAt });
  });

  it("for a new address goes there, for a new password to the address that holds", async () => {
    const { _id, email } = await stored({ verified: true, pendingEmail: "new@example.com" });
    await mint(_id);
    await mint(_id, { purpose: "passwordReset" });
    const { codes } = (await accounts.findOne({ _id })) ?? {};
    expect(codes?.verification?.email).toBe("new@example.com");
    expect(codes?.passwordReset?.email).toBe(email);
  });

  it("replaces the code before it, with all its tries", async () => {
    const old = { hash: "b".repeat(64), expiresAt: new Date(), tries: 5, email: "old@example.com" };
    const { _id } = await stored({ codes: { verification: old, passwordReset: old } });
    const minted = await mint(_id);
    expect(minted?.account.codes.verification).toMatchObject({ hash, tries: 0 });
    expect(minted?.account.codes.passwordReset).toEqual(old);
  });

  it.each<[string, Partial<StoredAccount>]>([
    ["suspended", { status: "suspended" }],
    ["being deleted", { status: "deleting" }],
  ])("finds no account that is %s", async (_, changes) => {
    const account = await stored(changes);
    expect(await mint(account._id)).toBeUndefined();
    expect(await store.find({ _id: account._id })).toBeUndefined();
    expect(await accounts.findOne({ _id: account._id })).toEqual(account);
  });

  it("of a hundred at once admits as many as the day allows", async () => {
    const { _id } = await stored();
    const hashes = Array.from({ length: 100 }, (_, index) => index.toString(16).padStart(64, "0"));
    const minted = await Promise.all(hashes.map((hash) => mint(_id, { hash })));
    const admitted = minted.filter(
      (one, index) => one?.account.codes.verification?.hash === hashes[index],
    );
    expect(admitted).toHaveLength(3);
    const after = await accounts.findOne({ _id });
    expect(after?.sends.verification?.count).toBe(3);
  });

  it("decides as the rule does, and a refused one leaves the account as it was", async () => {
    const start = Date.now();
    // Whole minutes and a half, so that no case changes its answer while it runs.
    const minutesAgo = fc.integer({ min: 0, max: 3_000 }).map((ago) => (ago + 0.5) * minute);
    const sends = fc.option(fc.record({ ago: minutesAgo, count: fc.integer({ min: 1, max: 4 }) }), {
      nil: undefined,
    });
    const allowed = fc.oneof(
      fc.record({ perDay: fc.integer({ min: 1, max: 4 }), wait: fc.constantFrom(0, 300_000) }),
      minutesAgo.map((ago) => ({ since: new Date(start - ago) })),
    );
    const purpose = fc.constantFrom("verification" as const, "passwordReset" as const);
    await fc.assert(
      fc.asyncProperty(
        fc.record({ purpose, sends, allowed, verified: fc.boolean(), changing: fc.boolean() }),
        async ({ purpose, sends, allowed, verified, changing }) => {
          const lastAt = new Date(start - (sends?.ago ?? 0));
          const account = await stored({
            verified,
            sends: sends ? { [purpose]: { day: dayOf(lastAt), count: sends.count, lastAt } } : {},
            ...(changing && { pendingEmail: `${new ObjectId()}@example.com` }),
          });
          const minted = await mint(account._id, { purpose, allowed });
          const refusal = sendRefusal(purpose, account, allowed, minted?.now ?? new Date(0));
          const admitted = minted?.account.codes[purpose]?.hash === hash;
          expect(admitted).toBe(refusal === undefined);
          const after = await accounts.findOne({ _id: account._id });
          if (!admitted) expect(after).toEqual(account);
          if (admitted && "since" in allowed) expect(after?.sends).toEqual(account.sends);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("finding an account to write to", () => {
  it("finds it by its id and by its address, with the database's time", async () => {
    const { _id, email, username } = await stored();
    const byId = await store.find({ _id });
    expect(byId?.account).toMatchObject({ _id, email, username });
    expect(byId?.now.getTime()).toBeGreaterThan(Date.now() - 60_000);
    expect((await store.find({ email }))?.account).toEqual(byId?.account);
    expect(await store.find({ email: "nobody@example.com" })).toBeUndefined();
  });
});
