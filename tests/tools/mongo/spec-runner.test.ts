import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import { type Document, MongoClient, ReadPreference } from "mongodb";
import { testDatabase } from "../../support/database.ts";
import { errorOf } from "../../support/server-error.ts";

const { client, db, name, uri } = await testDatabase();
const admin = client.db("admin");
const items = db.collection<{ _id: number; x?: number }>("items");
const tolerant = new MongoClient(uri, { readConcernLevel: "local", w: 1 });
afterAll(() => tolerant.close());

beforeEach(async () => {
  await items.drop({ writeConcern: { w: "majority" } });
  await db.createCollection("items", { writeConcern: { w: "majority" } });
  await items.insertMany(
    [1, 2, 3].map((_id) => ({ _id, x: 11 * _id })),
    { writeConcern: { w: "majority" } },
  );
});

describe("a runner of MongoDB's test files learns what it runs on", () => {
  it("the version, below those that know rawData", async () => {
    const { version, versionArray } = await admin.command({ buildInfo: 1 });
    expect(version).toMatch(/^8\.0\./);
    expect(versionArray.slice(0, 2)).toEqual([8, 0]);
    expect((await admin.command({ serverStatus: 1 })).version).toBe(version);
  });

  it("the topology: a replica set with a primary that tells when it was last written", async () => {
    expect(await admin.command({ hello: 1 })).toMatchObject({
      setName: expect.any(String),
      isWritablePrimary: true,
      maxWireVersion: 25,
      lastWrite: { lastWriteDate: expect.any(Date) },
    });
  });

  it.each<[Document]>([
    [{ getParameter: "*" }],
    [{ getParameter: { allParameters: true } }],
    [{ getParameter: 1, enableTestCommands: 1, requireApiVersion: 1 }],
  ])("its parameters, by %j", async (command) => {
    expect(await admin.command(command)).toMatchObject({
      enableTestCommands: true,
      requireApiVersion: false,
    });
  });
});

it("sessions are ended and fail points turned off between tests", async () => {
  expect(await admin.command({ killAllSessions: [] })).toMatchObject({ ok: 1 });
  const off = { configureFailPoint: "failCommand", mode: "off" };
  expect(await admin.command(off)).toMatchObject({ ok: 1 });
});

describe("a pipeline that writes", () => {
  const pipeline = [{ $sort: { x: 1 } }, { $match: { _id: { $gt: 1 } } }, { $out: "other" }];
  const aggregate = (level: string) =>
    db.command({ aggregate: "items", pipeline, cursor: {}, readConcern: { level } });

  it.each(["local", "available", "majority"])("runs at read concern %s", async (level) => {
    await aggregate(level);
    expect(await db.collection("other").countDocuments()).toBe(2);
    await db.dropCollection("other");
  });

  it("is refused at read concern linearizable, at which others may read", async () => {
    expect((await errorOf(aggregate("linearizable"))).code).toBe(72);
    expect(await db.listCollections({ name: "other" }).toArray()).toEqual([]);
    const read = { readConcern: { level: "linearizable" } } as const;
    expect(await items.find({}, read).toArray()).toHaveLength(3);
  });

  it("is refused at a read concern that is none", async () => {
    expect((await errorOf(aggregate("!invalid"))).code).toBe(9);
  });

  it.each([{ $out: "other" }, { $merge: { into: "other" } }])(
    "runs with a read preference for fresh secondaries: %j",
    async (stage) => {
      const readPreference = new ReadPreference("secondaryPreferred", undefined, {
        maxStalenessSeconds: 600,
      });
      const database = tolerant.db(name, { readPreference });
      await database.aggregate([{ $documents: [{ _id: 1 }] }, stage]).toArray();
      expect(await db.collection("other").find().toArray()).toEqual([{ _id: 1 }]);
      await db.dropCollection("other");
    },
  );

  it.each<[string | string[], Document, Document]>([
    ["_id", { _id: 1 }, { _id: 2 }],
    [["x", "_id"], { x: 1, _id: 1 }, { x: 22, _id: 2 }],
  ])("names the keys %j of a document it must not meet", async (on, keyPattern, keyValue) => {
    await items.createIndex({ x: 1, _id: 1 }, { unique: true });
    const merge = { $merge: { into: "items", on, whenMatched: "fail" } };
    const run = db.aggregate([{ $documents: [{ _id: 2, x: 22 }] }, merge]);
    const { code, errorResponse } = await errorOf(run.toArray());
    expect({ code, ...errorResponse }).toMatchObject({ code: 11000, keyPattern, keyValue });
  });
});
