import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Document } from "mongodb";
import { testDatabase } from "../../support/database.ts";
import { errorOf } from "../../support/server-error.ts";

const { db } = await testDatabase();
const items = db.collection<{ _id: number; a: number; b: number }>("items");

beforeAll(async () => {
  await items.insertMany(
    [1, 2, 3, 4].flatMap((a) => [1, 2].map((b) => ({ _id: 10 * a + b, a, b }))),
  );
  await items.createIndex({ a: 1, b: -1 });
});

describe("min and max bound a find to a part of the hinted index", () => {
  const hint = { a: 1, b: -1 };
  it.each<[string, Document, number[]]>([
    ["from min on", { hint, min: { a: 4, b: 2 } }, [42, 41]],
    ["up to but without max", { hint, max: { a: 2, b: 2 } }, [12, 11]],
    [
      "between both, in the order of the index",
      { hint, min: { a: 1, b: 1 }, max: { a: 2, b: 1 } },
      [11, 22],
    ],
    ["with the filter", { hint, filter: { b: 1 }, min: { a: 3, b: 9 } }, [31, 41]],
    ["in another order if asked", { hint, min: { a: 4, b: 2 }, sort: { _id: 1 } }, [41, 42]],
    ["of an index named", { hint: "_id_", max: { _id: 20 } }, [11, 12]],
    ["and empty ones say nothing", { hint: "_id_", filter: { a: 1 }, min: {}, max: {} }, [11, 12]],
  ])("%s", async (_, options, ids) => {
    const { cursor } = await db.command({ find: "items", ...options });
    expect(cursor.firstBatch.map(({ _id }: Document) => _id)).toEqual(ids);
  });

  it.each<[string, Document, number]>([
    ["without a hint", { min: { a: 1, b: 1 } }, 51173],
    ["with other fields than the index", { hint, min: { a: 1 } }, 51174],
    ["with min after max", { hint, min: { a: 2, b: 1 }, max: { a: 2, b: 2 } }, 51175],
    ["with a hint of no index", { hint: "none", min: { a: 1, b: 1 } }, 2],
  ])("refused %s", async (_, options, code) => {
    expect((await errorOf(db.command({ find: "items", ...options }))).code).toBe(code);
  });

  it("of a collection that is not there, finds nothing", async () => {
    expect(
      await db
        .collection("none")
        .find({}, { max: { _id: 10 } })
        .toArray(),
    ).toEqual([]);
  });
});

describe("a query by _id", () => {
  const divides = { $expr: { $eq: [{ $divide: ["$a", 0] }, 1] } };

  it("skips the one document there is", async () => {
    expect(await items.find({ _id: 11 }, { skip: 1 }).toArray()).toEqual([]);
    expect(await items.find({ _id: 11 }, { limit: 5 }).toArray()).toHaveLength(1);
  });

  it("is in any order there is, and finds nothing twice", async () => {
    expect(await items.find({ _id: 11 }, { sort: { b: -1 }, batchSize: 1 }).toArray()).toEqual([
      { _id: 11, a: 1, b: 1 },
    ]);
    expect(await items.find({ _id: 11 }, { hint: "_id_" }).toArray()).toHaveLength(1);
    expect(await items.find({ _id: 11 }, { hint: { a: 1, b: -1 } }).toArray()).toHaveLength(1);
    expect(await items.find({ _id: 99 }).toArray()).toEqual([]);
  });

  it("evaluates the rest of its filter, also of what it skips", async () => {
    expect(
      (
        await errorOf(
          items
            .find({ _id: 11, ...divides })
            .skip(1)
            .toArray(),
        )
      ).code,
    ).toBe(2);
  });

  it("is read after the stages behind it were looked at", async () => {
    const wrong = [{ $match: { _id: 11, ...divides } }, { $nope: {} }];
    expect((await errorOf(items.aggregate(wrong).toArray())).code).toBe(40324);
  });
});
