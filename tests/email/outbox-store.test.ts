import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { openDatabase } from "../../lib/db/connection.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { type OutboxMail, outboxCollection } from "../../lib/email/outbox.ts";
import { outboxStore } from "../../lib/email/outbox-store.ts";
import { testDatabase } from "../support/database.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, [outboxCollection]);
const mails = db.collection<OutboxMail>(outboxCollection.name);
const database = openDatabase({ uri: () => uri, name });
afterAll(() => database.close());
const store = outboxStore(database);

const minute = 60_000;
const ago = (minutes: number) => new Date(Date.now() - minutes * minute);
const mail = () => ({ account: new ObjectId(), purpose: "verification" as const });
const only = async () => (await mails.find().toArray())[0];

beforeEach(async () => {
  await mails.deleteMany({});
});

describe("the outbox", () => {
  it("gives the mail that is due first, leased, and counts the try", async () => {
    const [later, first] = [mail(), mail()];
    await store.add(later, ago(1));
    await store.add(first, ago(2));
    const taken = await store.take("one");
    expect(taken).toMatchObject({ ...first, tries: 1, lease: "one" });
    expect(await store.take("two")).toMatchObject({ ...later, lease: "two" });
    expect(await store.take("three")).toBeUndefined();
  });

  it("has nothing to give when it is empty, or nothing is due yet", async () => {
    expect(await store.take("one")).toBeUndefined();
    await store.add(mail(), ago(-5));
    const before = await only();
    expect(await store.take("one")).toBeUndefined();
    expect(await only()).toEqual(before);
  });

  it("gives each mail to one of many workers", async () => {
    const sent = Array.from({ length: 20 }, mail);
    await Promise.all(sent.map((one) => store.add(one, ago(1))));
    const taken = await Promise.all(
      Array.from({ length: 40 }, (_, index) => store.take(`worker ${index}`)),
    );
    const accounts = taken.flatMap((one) => (one ? [one.account.toHexString()] : []));
    expect(accounts.toSorted()).toEqual(sent.map((one) => one.account.toHexString()).toSorted());
  });

  it("gives a mail again when the lease of a worker that died is over", async () => {
    await store.add(mail(), ago(1));
    await store.take("dead");
    await mails.updateOne({}, { $set: { dueAt: ago(0.1) } });
    expect(await store.take("next")).toMatchObject({ tries: 2, lease: "next" });
  });

  it("leaves a mail alone whose lease has gone to another worker", async () => {
    await store.add(mail(), ago(1));
    const slow = await store.take("slow");
    if (!slow) throw new Error("nothing was leased");
    await mails.updateOne({}, { $set: { dueAt: ago(0.1) } });
    await store.take("next");
    const held = await only();
    await store.postpone(slow, 5 * minute);
    await store.remove(slow);
    expect(await only()).toEqual(held);
  });

  it("puts a mail back for later, or takes it out", async () => {
    await store.add({ ...mail(), purpose: "emailChanged", to: "old@example.com" }, ago(1));
    const taken = await store.take("one");
    if (!taken) throw new Error("nothing was leased");
    await store.postpone(taken, 5 * minute);
    expect(await store.take("two")).toBeUndefined();
    const waits = (await only())?.dueAt.getTime() ?? 0;
    expect(Math.abs(waits - Date.now() - 5 * minute)).toBeLessThan(minute);
    await store.remove(taken);
    expect(await only()).toBeUndefined();
  });

  it("finds what is due without a scan", async () => {
    await Promise.all(Array.from({ length: 20 }, () => store.add(mail(), ago(1))));
    const explained = await db.command({
      explain: {
        findAndModify: outboxCollection.name,
        query: {},
        sort: { dueAt: 1 },
        update: [{ $set: { tries: 1 } }],
      },
      verbosity: "queryPlanner",
    });
    expect(JSON.stringify(explained.queryPlanner.winningPlan)).toContain("IXSCAN");
  });

  it("holds neither a code nor a token", () => {
    const fields = Object.keys(outboxCollection.schema.shape).toSorted();
    expect(fields).toEqual([
      "_id",
      "account",
      "createdAt",
      "dueAt",
      "lease",
      "purpose",
      "to",
      "tries",
    ]);
  });
});
