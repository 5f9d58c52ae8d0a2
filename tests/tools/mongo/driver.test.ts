import { beforeEach, describe, expect, it } from "@jest/globals";
import { type Collection, ObjectId, Timestamp } from "mongodb";
import { testDatabase } from "../../support/database.ts";
import { errorOf } from "../../support/server-error.ts";

type Item = {
  _id: number;
  x?: number;
  y?: number;
  tags?: string[];
  name?: string;
  list?: { n: number; hit?: boolean }[];
  at?: Date | Timestamp;
  [field: string]: unknown;
};

const { client, db, name } = await testDatabase();
const items: Collection<Item> = db.collection("items");
/** The same, for updates of fields that the type does not name. */
const anyItems = db.collection<{ _id: number }>("items");

const three: Item[] = [
  { _id: 1, x: 11, tags: ["a", "b"] },
  { _id: 2, x: 22, tags: ["b"] },
  { _id: 3, x: 33 },
];

beforeEach(async () => {
  await items.drop();
  await items.insertMany(three);
});

describe("reading", () => {
  it("filters, sorts, skips, limits and projects", async () => {
    const cursor = items.find({ x: { $gt: 11 } }, { sort: { x: -1 }, skip: 1, limit: 1 });
    expect(await cursor.project({ x: 1 }).toArray()).toEqual([{ _id: 2, x: 22 }]);
  });

  it("sees the variables of let in expressions", async () => {
    const found = items.find(
      { $expr: { $eq: ["$_id", "$$id"] } },
      { let: { id: { $add: [1, 1] } } },
    );
    expect(await found.toArray()).toEqual([three[1]]);
  });

  it("compares without case under a collation of strength 2", async () => {
    await items.insertOne({ _id: 4, name: "Ping" });
    const collation = { locale: "en", strength: 2 };
    expect(await items.findOne({ name: "PING" }, { collation })).toMatchObject({ _id: 4 });
    expect(await items.findOne({ name: "PING" })).toBeNull();
  });

  it("shows the element that matched with a positional projection", async () => {
    expect(await items.findOne({ tags: "b" }, { projection: { "tags.$": 1 } })).toEqual({
      _id: 1,
      tags: ["b"],
    });
  });

  it("reads every document once in batches of any size", async () => {
    await items.insertMany(Array.from({ length: 300 }, (_, i) => ({ _id: 100 + i })));
    for (const batchSize of [1, 7, 303, 1000]) {
      const ids = await items
        .find({}, { batchSize })
        .map(({ _id }) => _id)
        .toArray();
      expect(new Set(ids).size).toBe(303);
    }
  });

  it("counts and finds distinct values", async () => {
    expect(await items.countDocuments({ x: { $lt: 30 } })).toBe(2);
    expect(await items.estimatedDocumentCount()).toBe(3);
    expect(await items.distinct("tags")).toEqual(["a", "b"]);
  });

  it("reads by an index when hinted, and refuses a hint of none", async () => {
    await items.createIndex({ x: 1 });
    expect(await items.find({ x: { $gte: 22 } }, { hint: "x_1" }).toArray()).toHaveLength(2);
    expect((await errorOf(items.find({}, { hint: "no_index" }).toArray())).code).toBe(2);
  });

  it("forgets a closed cursor", async () => {
    const { cursor } = await db.command({ find: "items", batchSize: 1 });
    expect(await db.command({ killCursors: "items", cursors: [cursor.id] })).toMatchObject({
      cursorsKilled: [cursor.id],
    });
    const error = await errorOf(db.command({ getMore: cursor.id, collection: "items" }));
    expect([error.code, error.codeName]).toEqual([43, "CursorNotFound"]);
  });
});

describe("writing", () => {
  it("refuses a second document of the same _id, and names it", async () => {
    const error = await errorOf(items.insertOne({ _id: 1 }));
    expect(error.code).toBe(11000);
    expect(error).toMatchObject({ keyPattern: { _id: 1 }, keyValue: { _id: 1 } });
  });

  it("goes on after a failed statement only if the batch is unordered", async () => {
    const batch = [{ _id: 3 }, { _id: 4 }];
    await errorOf(items.insertMany(batch));
    expect(await items.countDocuments()).toBe(3);
    await errorOf(items.insertMany(batch, { ordered: false }));
    expect(await items.countDocuments()).toBe(4);
  });

  it("tells matched from modified", async () => {
    expect(await items.updateMany({}, { $max: { x: 22 } })).toMatchObject({
      matchedCount: 3,
      modifiedCount: 1,
    });
  });

  it("replaces, and keeps the _id", async () => {
    await items.replaceOne({ _id: 1 }, { y: 1 });
    expect(await items.findOne({ _id: 1 })).toEqual({ _id: 1, y: 1 });
    expect((await errorOf(items.updateOne({ _id: 1 }, { $set: { _id: 9 } }))).code).toBe(66);
  });

  it("inserts by upsert what filter and update say", async () => {
    const update = { $set: { b: 2 }, $setOnInsert: { c: 3 } };
    const result = await items.updateOne({ _id: 7, a: 1 }, update, { upsert: true });
    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1, upsertedId: 7 });
    expect(await items.findOne({ _id: 7 })).toEqual({ _id: 7, a: 1, b: 2, c: 3 });
  });

  it("updates array elements by position and by arrayFilters", async () => {
    await items.insertOne({ _id: 8, list: [{ n: 1 }, { n: 2 }] });
    await items.updateOne({ _id: 8, "list.n": 2 }, { $set: { "list.$.hit": true } });
    await anyItems.updateOne(
      { _id: 8 },
      { $inc: { "list.$[low].n": 10 } },
      { arrayFilters: [{ "low.n": { $lt: 2 } }] },
    );
    expect(await items.findOne({ _id: 8 })).toEqual({
      _id: 8,
      list: [{ n: 11 }, { n: 2, hit: true }],
    });
  });

  it("updates by pipeline, with one time for the whole statement", async () => {
    const pipeline = [{ $set: { at: "$$NOW", twice: { $multiply: ["$x", "$$by"] } } }];
    await items.updateMany({}, pipeline, { let: { by: 2 } });
    const found = await items.find().toArray();
    expect(found.map(({ twice }) => twice)).toEqual([22, 44, 66]);
    expect(new Set(found.map(({ at }) => String(at))).size).toBe(1);
  });

  it("finds and changes one document in one step", async () => {
    const options = { sort: { x: -1 }, projection: { x: 1 } } as const;
    expect(await anyItems.findOneAndUpdate({}, { $inc: { x: 1 } }, options)).toEqual({
      _id: 3,
      x: 33,
    });
    expect(
      await items.findOneAndReplace({ _id: 3 }, { z: 1 }, { returnDocument: "after" }),
    ).toEqual({ _id: 3, z: 1 });
    expect(await items.findOneAndDelete({ _id: 3 })).toEqual({ _id: 3, z: 1 });
    expect(await items.findOneAndDelete({ _id: 3 })).toBeNull();
  });

  it("deletes one or many", async () => {
    expect(await items.deleteOne({ x: { $gt: 0 } })).toMatchObject({ deletedCount: 1 });
    expect(await items.deleteMany({})).toMatchObject({ deletedCount: 2 });
  });

  it("fills empty timestamps at the top of a document, in growing order", async () => {
    const empty = () => new Timestamp({ t: 0, i: 0 });
    await items.insertMany([4, 5].map((_id) => ({ _id, at: empty(), inner: { at: empty() } })));
    const [first, second] = await items.find({ _id: { $gt: 3 } }).toArray();
    if (!(first?.at instanceof Timestamp)) throw new Error("the timestamp is gone");
    expect(first.at.lessThan(second?.at as Timestamp)).toBe(true);
    expect(first.inner).toEqual({ at: empty() });
  });

  it("refuses a document of more than 16 MiB", async () => {
    const half = "x".repeat(9 * 1024 * 1024);
    await items.insertOne({ _id: 9, half });
    const error = await errorOf(items.updateOne({ _id: 9 }, [{ $set: { other: "$half" } }]));
    expect([10334, 17419, 17420]).toContain(error.code);
    expect(await items.findOne({ _id: 9, other: { $exists: true } })).toBeNull();
  });

  it("writes to several collections by one bulkWrite", async () => {
    const [first, second] = [`${name}.items`, `${name}.others`];
    const result = await client.bulkWrite<Record<string, Item>>(
      [
        { name: "insertOne", namespace: second, document: { _id: 1 } },
        { name: "updateOne", namespace: first, filter: { _id: 1 }, update: { $set: { x: 0 } } },
        {
          name: "updateOne",
          namespace: second,
          filter: { _id: 2 },
          update: { $set: { y: 1 } },
          upsert: true,
        },
        { name: "deleteMany", namespace: first, filter: { x: { $gt: 1 } } },
      ],
      { verboseResults: true },
    );
    expect(result).toMatchObject({
      insertedCount: 1,
      matchedCount: 1,
      modifiedCount: 1,
      upsertedCount: 1,
      deletedCount: 2,
    });
    expect(result.updateResults?.get(2)).toMatchObject({ upsertedId: 2 });
    await db.dropCollection("others");
  });

  it("tells what a bulkWrite had done when it failed", async () => {
    const insert = (_id: number) =>
      ({ name: "insertOne", namespace: `${name}.items`, document: { _id } }) as const;
    const failed = async (ordered: boolean) => {
      const error = await client
        .bulkWrite<Record<string, Item>>([insert(1), insert(10)], { ordered })
        .catch((e) => e);
      return {
        errors: [...error.writeErrors.keys()],
        inserted: error.partialResult?.insertedCount ?? 0,
      };
    };
    expect(await failed(true)).toEqual({ errors: [0], inserted: 0 });
    expect(await failed(false)).toEqual({ errors: [0], inserted: 1 });
  });
});

describe("aggregation", () => {
  it("groups, sorts and looks up", async () => {
    const pipeline = [
      { $match: { x: { $gte: 11 } } },
      { $unwind: { path: "$tags", preserveNullAndEmptyArrays: true } },
      { $group: { _id: "$tags", sum: { $sum: "$x" } } },
      { $sort: { sum: 1 } },
    ];
    expect(await items.aggregate(pipeline).toArray()).toEqual([
      { _id: "a", sum: 11 },
      { _id: "b", sum: 33 },
      { _id: null, sum: 33 },
    ]);
  });

  it("merges into a collection and replaces one", async () => {
    await items.aggregate([{ $project: { x: 1 } }, { $merge: { into: "merged" } }]).toArray();
    await items.updateOne({ _id: 1 }, { $set: { x: 0 } });
    await items
      .aggregate([
        { $project: { x: 1 } },
        { $merge: { into: "merged", whenMatched: "keepExisting" } },
      ])
      .toArray();
    expect(await db.collection("merged").findOne({ x: 11 })).not.toBeNull();
    await items.aggregate([{ $match: { _id: 1 } }, { $out: "merged" }]).toArray();
    expect(await db.collection("merged").find().toArray()).toEqual([{ ...three[0], x: 0 }]);
  });

  it("begins with documents of its own", async () => {
    const pipeline = [{ $documents: [{ n: 1 }, { n: 2 }] }, { $match: { n: 2 } }];
    expect(await db.aggregate(pipeline).toArray()).toEqual([{ n: 2 }]);
  });
});

it("gives an _id to a document without one", async () => {
  const { insertedId } = await db.collection("unnamed").insertOne({ a: 1 });
  expect(insertedId).toBeInstanceOf(ObjectId);
});
