import { afterAll, describe, expect, it } from "@jest/globals";
import { type Document, Long, UUID } from "mongodb";
import { embeddedServer } from "../../support/embedded.ts";
import { opMsg, rawConnection } from "../../support/raw-connection.ts";

const server = await embeddedServer();
let lastTransaction = 0;

// A driver numbers its writes itself, so retries are sent by hand.
const { socket, reply } = await rawConnection(server.port);
afterAll(() => {
  socket.destroy();
});

const send = (command: Document): Promise<Document> => {
  socket.write(opMsg({ ...command, $db: "bulkWrite" in command ? "admin" : "test" }));
  return reply();
};

/** A write as a driver sends it; the same number again is a retry. */
const write = (command: Document, txnNumber: number, lsid: Document): Promise<Document> =>
  send({ ...command, txnNumber: Long.fromNumber(txnNumber), lsid });

const session = (): Document => ({ id: new UUID().toBinary() });

const collectionOf = (name: string) => server.db.collection<{ _id: number; n?: number }>(name);

describe("a retry of a write that was applied changes nothing and tells the same", () => {
  it.each<[string, Document]>([
    ["insert", { insert: "c", documents: [{ _id: 100 }] }],
    ["update", { update: "c", updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] }],
    ["upsert", { update: "c", updates: [{ q: { _id: 50 }, u: { $inc: { n: 1 } }, upsert: true }] }],
    ["delete", { delete: "c", deletes: [{ q: {}, limit: 1 }] }],
    [
      "findAndModify",
      { findAndModify: "c", query: { _id: 1 }, update: { $inc: { n: 1 } }, new: true },
    ],
    ["insert of a null _id", { insert: "c", documents: [{ _id: null }] }],
    [
      "upsert of a null _id",
      { update: "c", updates: [{ q: { _id: null }, u: { $unset: { n: 1 } }, upsert: true }] },
    ],
    [
      "findAndModify that upserts a null _id",
      { findAndModify: "c", query: { _id: null }, update: { n: 1 }, upsert: true, new: true },
    ],
    ["findAndModify that removes", { findAndModify: "c", query: {}, remove: true }],
  ])("%s", async (_, command) => {
    const items = collectionOf("c");
    await items.drop();
    await items.insertMany([
      { _id: 1, n: 1 },
      { _id: 2, n: 1 },
    ]);
    const lsid = session();
    const txnNumber = ++lastTransaction;
    const first = await write(command, txnNumber, lsid);
    const state = await items.find().toArray();
    const { retriedStmtIds, retriedStmtId, ...again } = await write(command, txnNumber, lsid);
    expect(again).toEqual(first);
    expect(retriedStmtIds ?? [retriedStmtId]).toEqual([0]);
    expect(await items.find().toArray()).toEqual(state);
  });

  it("bulkWrite", async () => {
    const command = {
      bulkWrite: 1,
      nsInfo: [{ ns: "test.b" }],
      ops: [
        { insert: 0, document: { _id: 1 } },
        { update: 0, filter: { _id: 1 }, updateMods: { $inc: { n: 1 } } },
      ],
      lsid: session(),
      txnNumber: Long.fromNumber(1),
    };
    const first = await send(command);
    const again = await send(command);
    expect(again).toMatchObject({ nErrors: 0, nInserted: 1, nModified: 1, retriedStmtIds: [0, 1] });
    expect(again.cursor).toEqual(first.cursor);
    expect(await collectionOf("b").findOne()).toEqual({ _id: 1, n: 1 });
  });
});

it("a retry answers with the image that was kept, without the projection", async () => {
  const items = collectionOf("images");
  await items.insertOne({ _id: 1, n: 1 });
  const command = {
    findAndModify: "images",
    query: { _id: 1 },
    update: [{ $set: { n: 2 } }],
    new: true,
    fields: { now: "$$NOW" },
  };
  const lsid = session();
  expect((await write(command, 1, lsid)).value).toMatchObject({ now: expect.any(Date) });
  await items.updateOne({ _id: 1 }, { $set: { n: 3 } });
  expect((await write(command, 1, lsid)).value).toEqual({ _id: 1, n: 2 });
});

it("a statement that changed nothing is run again by a retry, as in MongoDB", async () => {
  const items = collectionOf("again");
  const command = { update: "again", updates: [{ q: { _id: 1 }, u: { $set: { n: 1 } } }] };
  const lsid = session();
  expect(await write(command, 1, lsid)).toMatchObject({ n: 0 });
  await items.insertOne({ _id: 1 });
  expect(await write(command, 1, lsid)).toMatchObject({ n: 1, nModified: 1 });
});

it("a retry carries out the statements that failed the first time", async () => {
  const items = collectionOf("partial");
  await items.insertOne({ _id: 2 });
  const command = { insert: "partial", documents: [{ _id: 1 }, { _id: 2 }] };
  const lsid = session();
  const failed = await write(command, 1, lsid);
  expect(failed.writeErrors).toHaveLength(1);
  await items.deleteOne({ _id: 2 });
  expect(await write(command, 1, lsid)).toMatchObject({ n: 2, retriedStmtIds: [0] });
});

it("sessions don't share numbers, and a session's numbers only grow", async () => {
  const [one, other] = [session(), session()];
  const insert = (_id: number) => ({ insert: "numbers", documents: [{ _id }] });
  expect(await write(insert(1), 5, one)).toMatchObject({ ok: 1 });
  expect(await write(insert(2), 5, other)).toMatchObject({ n: 1 });
  expect(await write(insert(3), 4, one)).toMatchObject({ code: 225 });
  expect(await collectionOf("numbers").countDocuments()).toBe(2);
});

describe("refused with a transaction number", () => {
  const many = { q: {}, u: { $set: { n: 1 } }, multi: true };
  it.each<[string, Document, number]>([
    ["an update of many", { update: "c", updates: [many] }, 72],
    ["a delete of many", { delete: "c", deletes: [{ q: {}, limit: 0 }] }, 72],
    ["a read", { find: "c" }, 50768],
    ["a transaction", { find: "c", startTransaction: true, autocommit: false }, 263],
  ])("%s", async (_, command, code) => {
    expect(await write(command, ++lastTransaction, session())).toMatchObject({ code });
  });
});

it("a session that is ended takes its cursors with it", async () => {
  await collectionOf("ended").insertMany([{ _id: 1 }, { _id: 2 }]);
  const lsid = session();
  const { cursor } = await send({ find: "ended", batchSize: 1, lsid });
  await send({ endSessions: [lsid] });
  const getMore = { getMore: Long.fromBigInt(BigInt(cursor.id)), collection: "ended", lsid };
  expect(await send(getMore)).toMatchObject({ code: 43 });
});
