import { afterEach, describe, expect, it } from "@jest/globals";
import { type Document, MongoClient, MongoNetworkError, MongoServerError } from "mongodb";
import { embeddedServer } from "../../support/embedded.ts";

const server = await embeddedServer({}, { retryWrites: false, retryReads: false });
const admin = server.client.db("admin");
const things = server.db.collection("things");

const failPoint = (mode: Document | string, data: Document = {}, name = "failCommand") =>
  admin.command({ configureFailPoint: name, mode, data });

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => error,
  );

afterEach(async () => {
  await failPoint("off");
  await failPoint("off", {}, "onPrimaryTransactionalWrite");
});

describe("failCommand", () => {
  it("fails the named commands, that many times", async () => {
    await failPoint({ times: 2 }, { failCommands: ["find", "count"], errorCode: 11600 });
    expect(await outcome(things.findOne())).toMatchObject({ code: 11600 });
    expect(await outcome(things.insertOne({}))).toBe("done");
    expect(await outcome(things.estimatedDocumentCount())).toBeInstanceOf(MongoServerError);
    expect(await outcome(things.findOne())).toBe("done");
  });

  it("lets commands pass before it strikes, and stops when it is off", async () => {
    await failPoint({ skip: 1 }, { failCommands: ["find"], errorCode: 8 });
    expect(await outcome(things.findOne())).toBe("done");
    expect(await outcome(things.findOne())).toMatchObject({ code: 8 });
    await failPoint("off");
    expect(await outcome(things.findOne())).toBe("done");
  });

  it("counts how often it has struck", async () => {
    const before = (await failPoint("alwaysOn", { failCommands: ["find"], errorCode: 8 })).count;
    await outcome(things.findOne());
    expect((await failPoint("off")).count).toBe(before + 1);
  });

  it("cuts the connection before the command is applied", async () => {
    await failPoint({ times: 1 }, { failCommands: ["insert"], closeConnection: true });
    const insert = things.insertOne({ cut: true });
    expect(await outcome(insert)).toBeInstanceOf(MongoNetworkError);
    expect(await things.countDocuments({ cut: true })).toBe(0);
  });

  it("delays the reply, and other connections are served meanwhile", async () => {
    const data = { failCommands: ["find"], blockConnection: true, blockTimeMS: 300 };
    await failPoint({ times: 1 }, data);
    const order: string[] = [];
    const slow = things.findOne().then(() => order.push("slow"));
    await things.insertOne({}).then(() => order.push("other"));
    await slow;
    expect(order).toEqual(["other", "slow"]);
  });

  it("adds a write concern error to a command that was applied", async () => {
    const writeConcernError = { code: 64, errmsg: "waiting timed out" };
    const data = { failCommands: ["insert"], writeConcernError, errorLabels: ["OfMine"] };
    await failPoint({ times: 1 }, data);
    expect(await outcome(things.insertOne({ late: true }))).not.toBe("done");
    expect(await things.countDocuments({ late: true })).toBe(1);
  });

  it("lets a driver repeat a write whose write concern error says so, which is applied once", async () => {
    const client = await MongoClient.connect(server.uri);
    const writeConcernError = { code: 91, errmsg: "shutting down" };
    await failPoint({ times: 1 }, { failCommands: ["update"], writeConcernError });
    const counters = client.db("test").collection<{ _id: number }>("once");
    await counters.updateOne({ _id: 1 }, { $inc: { n: 1 } }, { upsert: true });
    expect(await counters.findOne()).toEqual({ _id: 1, n: 1 });
    await client.close();
  });

  it("gives errors the labels it is told to", async () => {
    const data = { failCommands: ["find"], errorCode: 8, errorLabels: ["OfMine"] };
    await failPoint({ times: 1 }, data);
    expect((await outcome(things.findOne())).hasErrorLabel("OfMine")).toBe(true);
  });

  it("strikes the application it is meant for only", async () => {
    const data = { failCommands: ["find"], errorCode: 8, appName: "victim" };
    await failPoint("alwaysOn", data);
    const victim = await MongoClient.connect(server.uri, { appName: "victim", retryReads: false });
    expect(await outcome(victim.db("test").collection("things").findOne())).toMatchObject({
      code: 8,
    });
    expect(await outcome(things.findOne())).toBe("done");
    await victim.close();
  });

  it.each<[string, Document]>([
    ["an unknown name", { configureFailPoint: "noSuchPoint", mode: "off" }],
    ["an unknown mode", { configureFailPoint: "failCommand", mode: "sometimes" }],
    [
      "an unknown field",
      { configureFailPoint: "failCommand", mode: "alwaysOn", data: { failCommands: [], x: 1 } },
    ],
    ["no list of commands", { configureFailPoint: "failCommand", mode: "alwaysOn" }],
  ])("refuses %s", async (_, command) => {
    expect(await outcome(admin.command(command))).toBeInstanceOf(MongoServerError);
  });
});

describe("onPrimaryTransactionalWrite", () => {
  const retrying = server.client.db("test", {}).collection("retrying");

  it("loses the reply of a retryable write that was applied", async () => {
    const client = await MongoClient.connect(server.uri);
    const items = client.db("test").collection("retried");
    await failPoint({ times: 1 }, { closeConnection: true }, "onPrimaryTransactionalWrite");
    const update = { $inc: { n: 1 } };
    const options = { upsert: true, returnDocument: "after" } as const;
    expect(await items.findOneAndUpdate({ k: 1 }, update, options)).toMatchObject({ k: 1, n: 1 });
    expect(await items.findOne({ k: 1 })).toMatchObject({ n: 1 });
    await client.close();
  });

  it("can fail it unapplied instead", async () => {
    const client = await MongoClient.connect(server.uri, { retryWrites: true });
    const data = { failBeforeCommitExceptionCode: 8, closeConnection: false };
    await failPoint({ times: 1 }, data, "onPrimaryTransactionalWrite");
    const insert = client.db("test").collection("retrying").insertOne({ unapplied: true });
    expect(await outcome(insert)).toMatchObject({ code: 8 });
    expect(await retrying.countDocuments({ unapplied: true })).toBe(0);
    await client.close();
  });
});
