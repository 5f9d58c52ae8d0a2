import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Document } from "mongodb";
import { embeddedServer } from "../../support/embedded.ts";

const { db } = await embeddedServer();
const things = db.collection<{ _id: number; kind: number }>("things");
const sums = db.collection<{ _id: number; total: number }>("sums");

const count = 20_000;
const kinds = 5_000;

const grouped: Document[] = [{ $group: { _id: "$kind", total: { $sum: 1 } } }];
const merged: Document[] = [...grouped, { $merge: "sums" }];

beforeAll(async () => {
  await things.insertMany(
    Array.from({ length: count }, (_, _id) => ({ _id, kind: _id % kinds })),
    { ordered: false },
  );
});

/** How many pings are answered, one after the other, until some work is done. */
async function pingsDuring(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  let pings = 0;
  while (!isDone) {
    await db.command({ ping: 1 });
    pings += 1;
  }
  await done;
  return pings;
}

describe("while a pipeline works on many documents, other commands have their turn", () => {
  it.each<[string, Document[]]>([
    [
      "groups them",
      [
        { $addFields: { text: { $toString: "$_id" } } },
        { $group: { _id: "$text", all: { $push: "$$ROOT" } } },
      ],
    ],
    [
      "sorts them",
      [{ $match: { kind: { $gte: 0 } } }, { $addFields: { a: 1 } }, { $sort: { kind: 1 } }],
    ],
    ["writes what came of them", merged],
  ])("that %s", async (_, pipeline) => {
    const pings = await pingsDuring(things.aggregate(pipeline, { batchSize: 1 }).next());
    // One after the other would be two.
    expect(pings).toBeGreaterThan(2);
  });
});

it("pipelines that run side by side count as they do alone", async () => {
  const totals = await Promise.all(
    Array.from({ length: 3 }, () => things.aggregate(grouped).toArray()),
  );
  for (const groups of totals) {
    expect(groups).toHaveLength(kinds);
    expect(groups.every(({ total }) => total === count / kinds)).toBe(true);
  }
});

it("what is written meanwhile is read or is not, and nothing else is lost or twice", async () => {
  const counted = things.aggregate(grouped).toArray();
  await things.updateMany({ _id: { $gte: count - 10 } }, { $set: { kind: 0 } });
  const groups = await counted;
  const total = groups.reduce((sum, group) => sum + group.total, 0);
  expect(total).toBe(count);
});

it("a pipeline reads all before it writes into the collection that it reads", async () => {
  await sums.deleteMany({});
  await things.aggregate(merged).toArray();
  const doubled = [{ $set: { total: { $multiply: ["$total", 2] } } }, { $merge: "sums" }];
  await sums.aggregate(doubled).toArray();
  expect(await sums.countDocuments()).toBe(kinds);
  expect(await sums.countDocuments({ _id: 7, total: (count / kinds) * 2 })).toBe(1);
});
