import { describe, expect, it } from "@jest/globals";
import type { Document, ObjectId } from "mongodb";
import {
  accountsCollection,
  type StoredAccount,
  type StoredSession,
} from "../../lib/accounts/document.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { newSession } from "../../lib/sessions/new-session.ts";
import { withSession } from "../../lib/sessions/store.ts";
import { lifetimes, someAccount, someRequest } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";

const { db } = await testDatabase();
await migrate(db, [accountsCollection]);
const accounts = db.collection<StoredAccount>(accountsCollection.name);

const sessionOf = (accountId: ObjectId, changes: Partial<StoredSession> = {}): StoredSession => ({
  ...newSession({ accountId, now: new Date(), request: someRequest, lifetimes }).stored,
  ...changes,
});
const add = (accountId: ObjectId, session: StoredSession, most: number) =>
  accounts.updateOne({ _id: accountId }, [
    { $set: { sessions: withSession(session, most) } },
  ] satisfies Document[]);
const idsOf = async (_id: ObjectId) =>
  (await accounts.findOne({ _id }))?.sessions.map(({ id }) => id.toHexString());

describe("one session more", () => {
  it("is kept beside the others up to the most, and then the oldest goes", async () => {
    const account = someAccount();
    await accounts.insertOne(account);
    const sessions = Array.from({ length: 5 }, () => sessionOf(account._id));
    for (const session of sessions) await add(account._id, session, 3);
    expect(await idsOf(account._id)).toEqual(sessions.slice(2).map(({ id }) => id.toHexString()));
  });

  it("never makes more than the most, however many come at once", async () => {
    const account = someAccount();
    await accounts.insertOne(account);
    await Promise.all(
      Array.from({ length: 30 }, () => add(account._id, sessionOf(account._id), 10)),
    );
    expect(await idsOf(account._id)).toHaveLength(10);
  });

  it("takes the place of those that can't be refreshed any more", async () => {
    const expired = { hash: "0".repeat(64), expiresAt: new Date(Date.now() - 1) };
    const account = someAccount();
    const [old, live] = [sessionOf(account._id, { refresh: expired }), sessionOf(account._id)];
    await accounts.insertOne({ ...account, sessions: [live, old] });
    const added = sessionOf(account._id);
    await add(account._id, added, 2);
    expect(await idsOf(account._id)).toEqual([live, added].map(({ id }) => id.toHexString()));
  });

  it("is stored as it is, whatever a client calls itself", async () => {
    const account = someAccount();
    await accounts.insertOne(account);
    const session = sessionOf(account._id, { userAgent: "$balance" });
    await add(account._id, session, 10);
    expect((await accounts.findOne({ _id: account._id }))?.sessions).toEqual([session]);
  });
});
