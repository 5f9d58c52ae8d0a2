import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Document } from "mongodb";
import { testDatabase } from "../../support/database.ts";
import { errorOf } from "../../support/server-error.ts";

const { client, db, name } = await testDatabase();
const items = db.collection<{ _id: number; x: number }>("items");
const large = db.collection<{ _id: number; x: number; twice?: number }>("large");

const definition = {
  viewOn: "items",
  pipeline: [{ $match: { x: { $gt: 11 } } }, { $set: { twice: { $multiply: ["$x", 2] } } }],
};

beforeEach(async () => {
  await db.dropDatabase();
  await items.insertMany([11, 22, 33, 44].map((x, i) => ({ _id: i + 1, x })));
  await db.createCollection("large", definition);
});

describe("a view is read like a collection", () => {
  it("by find, with filter, sort, skip, limit and projection", async () => {
    const options = { sort: { x: -1 }, skip: 1, limit: 1, projection: { twice: 1 } } as const;
    expect(await large.find({ x: { $lt: 44 } }, options).toArray()).toEqual([
      { _id: 2, twice: 44 },
    ]);
    expect(await large.findOne({ twice: 88 })).toEqual({ _id: 4, x: 44, twice: 88 });
    expect(await large.find({}, { batchSize: 2 }).toArray()).toHaveLength(3);
  });

  it("by aggregate, count and distinct", async () => {
    const pipeline = [{ $group: { _id: null, sum: { $sum: "$twice" } } }];
    expect(await large.aggregate(pipeline).toArray()).toEqual([{ _id: null, sum: 198 }]);
    expect(await large.estimatedDocumentCount()).toBe(3);
    expect(await db.command({ count: "large", query: { x: 22 } })).toMatchObject({ n: 1 });
    expect(await large.countDocuments({ x: { $gt: 22 } })).toBe(2);
    expect(await large.distinct("twice")).toEqual([44, 66, 88]);
  });

  it("by $lookup and $unionWith of other pipelines", async () => {
    const lookup = { from: "large", localField: "_id", foreignField: "_id", as: "seen" };
    const looked = await items.aggregate([{ $lookup: lookup }, { $match: { _id: { $lt: 3 } } }]);
    expect((await looked.toArray()).map(({ seen }) => seen.length)).toEqual([0, 1]);
    expect(await items.aggregate([{ $unionWith: "large" }]).toArray()).toHaveLength(7);
  });

  it("with the values of let, evaluated once for filter and projection", async () => {
    const filter = { $expr: { $lt: ["$$random", 1] } };
    const options = { projection: { _id: 0, random: "$$random" }, let: { random: { $rand: {} } } };
    const found = await large.find<Document>(filter, options).toArray();
    expect(found).toHaveLength(3);
    expect(new Set(found.map(({ random }) => random)).size).toBe(1);
  });

  it("through other views, with an index of the collection below", async () => {
    await items.createIndex({ x: 1 });
    await db.createCollection("larger", { viewOn: "large", pipeline: [{ $match: { x: 33 } }] });
    expect(await db.collection("larger").find().toArray()).toEqual([
      expect.objectContaining({ _id: 3, twice: 66 }),
    ]);
    const plan = JSON.stringify(await large.find({ x: 22 }).explain("queryPlanner"));
    expect(plan).toContain("IXSCAN");
  });

  it("shows what the collection holds at the time", async () => {
    await items.deleteMany({ x: { $gt: 22 } });
    expect(await large.countDocuments()).toBe(1);
    await items.drop();
    expect(await large.find().toArray()).toEqual([]);
  });
});

describe("a view is described", () => {
  it("by listCollections, as such", async () => {
    const [info] = await db.listCollections({ name: "large" }).toArray();
    expect(info).toEqual({
      name: "large",
      type: "view",
      options: definition,
      info: { readOnly: true },
    });
    expect(await db.listCollections({ type: "view" }, { nameOnly: true }).toArray()).toEqual([
      { name: "large", type: "view" },
    ]);
  });

  it("once: the same again changes nothing, another definition needs collMod", async () => {
    await db.createCollection("large", definition);
    expect((await errorOf(db.createCollection("large", { viewOn: "items" }))).code).toBe(48);
    await db.command({ collMod: "large", viewOn: "items", pipeline: [] });
    expect(await large.countDocuments()).toBe(4);
  });

  it("until it is dropped, which leaves the collection", async () => {
    expect(await db.command({ drop: "large" })).toMatchObject({ ns: `${name}.large`, ok: 1 });
    expect(await db.listCollections({ name: "large" }).toArray()).toEqual([]);
    expect(await items.countDocuments()).toBe(4);
  });
});

describe("what only a collection can do is refused", () => {
  const update = { q: {}, u: { $set: { x: 0 } } };
  it.each<[string, Document]>([
    ["insert", { insert: "large", documents: [{ _id: 9 }] }],
    ["update", { update: "large", updates: [update] }],
    ["upsert", { update: "large", updates: [{ ...update, q: { _id: 9 }, upsert: true }] }],
    ["delete", { delete: "large", deletes: [{ q: {}, limit: 1 }] }],
    ["findAndModify", { findAndModify: "large", query: {}, update: { $set: { x: 0 } } }],
    ["createIndexes", { createIndexes: "large", indexes: [{ key: { x: 1 }, name: "x_1" }] }],
    ["listIndexes", { listIndexes: "large" }],
    ["dropIndexes", { dropIndexes: "large", index: "*" }],
    ["$out", { aggregate: "items", pipeline: [{ $out: "large" }], cursor: {} }],
    ["$merge", { aggregate: "items", pipeline: [{ $merge: "large" }], cursor: {} }],
  ])("%s", async (_, command) => {
    const outcome = await db.command(command).catch((error) => error);
    expect(outcome.code ?? outcome.writeErrors?.[0]?.code).toBe(166);
    expect(await items.find({}, { projection: { _id: 0 } }).toArray()).toEqual(
      [11, 22, 33, 44].map((x) => ({ x })),
    );
  });

  it("by bulkWrite too", async () => {
    const model = { name: "insertOne", namespace: `${name}.large`, document: { x: 1 } } as const;
    const error = await client.bulkWrite([model]).catch((thrown) => thrown);
    expect(error.writeErrors.get(0).code).toBe(166);
  });
});

describe("a view is refused", () => {
  it.each<[string, Document, number]>([
    ["of itself", { create: "own", viewOn: "own" }, 5],
    ["with a pipeline over nothing", { create: "v", pipeline: [{ $match: {} }] }, 72],
    ["that writes", { create: "v", viewOn: "items", pipeline: [{ $out: "other" }] }, 167],
    ["with an unknown stage", { create: "v", viewOn: "items", pipeline: [{ $no: 1 }] }, 40324],
    ["with a validator", { create: "v", viewOn: "items", validator: { x: 1 } }, 72],
    ["with an index", { collMod: "large", index: { name: "_id_", hidden: true } }, 72],
    ["where there is a collection", { collMod: "items", viewOn: "large" }, 72],
    ["in a ring", { collMod: "large", viewOn: "large", pipeline: [] }, 5],
    ["under another collation", { find: "large", collation: { locale: "en", strength: 2 } }, 167],
  ])("%s", async (_, command, code) => {
    expect((await errorOf(db.command(command))).code).toBe(code);
  });

  it("when it is deeper than twenty views", async () => {
    for (let i = 0; i < 19; i++) {
      await db.createCollection(`v${i}`, { viewOn: i === 0 ? "large" : `v${i - 1}` });
    }
    expect(await db.collection("v18").countDocuments()).toBe(3);
    expect((await errorOf(db.createCollection("v19", { viewOn: "v18" }))).code).toBe(165);
  });
});
