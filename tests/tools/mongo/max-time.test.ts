import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Document } from "mongodb";
import { embeddedServer } from "../../support/embedded.ts";
import { errorOf } from "../../support/server-error.ts";

const server = await embeddedServer();
const admin = server.client.db("admin");
const things = server.db.collection<{ _id: number; n?: number }>("things");

const failPoint = (name: string, mode: Document | string, data: Document = {}) =>
  admin.command({ configureFailPoint: name, mode, data });

beforeAll(async () => {
  await things.insertMany(Array.from({ length: 20_000 }, (_, _id) => ({ _id })));
});

afterEach(async () => {
  for (const name of ["failCommand", "maxTimeAlwaysTimeOut"]) await failPoint(name, "off");
});

describe("a command that takes longer than its maxTimeMS ends with MaxTimeMSExpired", () => {
  it.each<[string, () => Promise<unknown>]>([
    ["find", () => things.find({ n: 1 }, { maxTimeMS: 1 }).toArray()],
    ["count", () => things.countDocuments({ n: 1 }, { maxTimeMS: 1 })],
    ["aggregate", () => things.aggregate([{ $match: { n: 1 } }], { maxTimeMS: 1 }).toArray()],
    ["update", () => things.updateMany({}, { $set: { n: 1 } }, { maxTimeMS: 1 })],
  ])("%s over many documents", async (_, work) => {
    expect(await errorOf(work())).toMatchObject({ code: 50, codeName: "MaxTimeMSExpired" });
    expect(await things.findOne({ n: 1 })).toBeNull();
  });

  it("one that a fail point holds up", async () => {
    const data = { failCommands: ["insert"], blockConnection: true, blockTimeMS: 50 };
    await failPoint("failCommand", { times: 1 }, data);
    const insert = things.insertOne({ _id: -1 }, { maxTimeMS: 10 });
    expect((await errorOf(insert)).code).toBe(50);
    expect(await things.findOne({ _id: -1 })).toBeNull();
  });

  it("one that has a maxTimeMS while maxTimeAlwaysTimeOut is on", async () => {
    await failPoint("maxTimeAlwaysTimeOut", "alwaysOn");
    expect((await errorOf(things.findOne({ _id: 1 }, { maxTimeMS: 60_000 }))).code).toBe(50);
    expect(await things.findOne({ _id: 1 })).toEqual({ _id: 1 });
  });
});

it("time between the batches of a cursor does not count", async () => {
  const cursor = things.find({}, { batchSize: 1_000, maxTimeMS: 500 });
  expect(await cursor.next()).toEqual({ _id: 0 });
  await sleep(600);
  expect(await cursor.toArray()).toHaveLength(19_999);
});
