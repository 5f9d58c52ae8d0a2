import { beforeAll, describe, expect, it } from "@jest/globals";
import { BSONRegExp, Double, Int32 } from "bson";
import fc from "fast-check";
import { type Plan, plan, type Query } from "../../../../tools/local/mongo/planner.ts";
import { compileSort } from "../../../../tools/local/mongo/sort.ts";
import type { Collection } from "../../../../tools/local/mongo/storage/collection.ts";
import { openStore } from "../../../../tools/local/mongo/storage/store.ts";
import { type Doc, isDoc, type Value } from "../../../../tools/local/mongo/values/codec.ts";
import { parseCollation } from "../../../../tools/local/mongo/values/collation.ts";

const now = new Date(0);
const int = (n: number): Int32 => new Int32(n);
const insensitive = parseCollation({ locale: "en", strength: int(2) });

/** Records as plain objects, as documents are. */
const record = <T>(
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
  required: { requiredKeys?: (keyof T)[] } = {},
) => fc.record(fields, { noNullPrototype: true, ...required }) as fc.Arbitrary<Doc>;

/** Few values, so that equality, duplicates and type changes are common. */
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 4 }).map(int) },
  fc.constantFrom<Value>(
    null,
    "a",
    "A",
    "ab",
    new Double(1.5),
    true,
    new Date(0),
    new BSONRegExp("a"),
  ),
  record({ b: fc.integer({ min: 0, max: 2 }).map(int) }),
);
const nested: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: value },
  fc.array(value, { maxLength: 3 }),
  fc.array(record({ b: value, c: value }, { requiredKeys: [] }), { maxLength: 3 }),
  fc.array(fc.array(value, { maxLength: 2 }), { maxLength: 2 }),
  record({ b: fc.oneof(value, fc.array(value, { maxLength: 2 })), c: value }),
);
const document = record({ x: nested, y: value, z: nested }, { requiredKeys: ["y"] });
const path = fc.constantFrom("x", "y", "z", "x.b", "x.c", "z.b", "_id");

const condition: fc.Arbitrary<Value> = fc.oneof(
  value,
  fc.array(value, { maxLength: 2 }),
  record({ $eq: value }),
  record({
    $in: fc.array(fc.oneof(value, fc.array(value, { maxLength: 1 })), { maxLength: 3 }),
  }),
  fc
    .tuple(
      fc.constantFrom("$gt", "$gte", "$lt", "$lte"),
      value.filter((v) => !(v instanceof BSONRegExp)),
    )
    .map(([operator, bound]) => ({ [operator]: bound })),
  record({ $gte: fc.constant(int(1)), $lt: fc.constant(int(3)) }),
  record({ $exists: fc.boolean() }),
  record({ $ne: value.filter((v) => !(v instanceof BSONRegExp)) }),
  record({ $elemMatch: record({ b: value, c: value }, { requiredKeys: ["b"] }) }),
  record({ $elemMatch: record({ $gte: fc.constant(int(1)), $lt: fc.constant(int(3)) }) }),
  record({ $all: fc.array(value, { minLength: 1, maxLength: 2 }) }),
  record({ $not: record({ $gt: fc.constant(int(2)) }) }),
  fc.constantFrom("^a", "^ab", "^ab?", "b$", "^a|^b").map((pattern) => new BSONRegExp(pattern)),
);
const clause = fc
  .array(fc.tuple(path, condition), { maxLength: 3 })
  .map((f) => Object.fromEntries(f));
const filter: fc.Arbitrary<Doc> = fc.oneof(
  { weight: 3, arbitrary: clause },
  record(
    { $or: fc.array(clause, { minLength: 1, maxLength: 3 }), y: value },
    { requiredKeys: ["$or"] },
  ),
  record({ $and: fc.array(clause, { minLength: 1, maxLength: 2 }) }),
);
const direction = fc.constantFrom(1, -1).map(int);
const keys = fc
  .uniqueArray(fc.tuple(path, direction), { minLength: 1, maxLength: 3, selector: ([p]) => p })
  .map((fields) => Object.fromEntries(fields));
const index: fc.Arbitrary<Doc> = record(
  {
    key: keys.filter((key) => Object.keys(key).join() !== "_id"),
    sparse: fc.constant(true),
    partialFilterExpression: fc.constantFrom<Doc>(
      { y: { $gt: int(1) } },
      { y: { $exists: true } },
      { x: { $in: [int(1), int(2), null] } },
    ),
    collation: fc.constant({ locale: "en", strength: int(2) }),
  },
  { requiredKeys: ["key"] },
);

const resultOf = (p: Plan): Doc[] => [...p.run()];

function tryIndex(collection: Collection, spec: Doc): void {
  try {
    collection.createIndex(spec);
  } catch {
    // Parallel arrays, or the same key twice: this run has one index less.
  }
}

describe("a plan with indexes", () => {
  it("finds what a plain scan finds, in an order the sort allows", () => {
    const query = fc.record(
      { filter, sort: keys, collated: fc.boolean(), limit: fc.nat(5), skip: fc.nat(2) },
      { requiredKeys: ["filter"] },
    );
    fc.assert(
      fc.property(
        fc.array(document, { maxLength: 12 }),
        fc.array(index, { minLength: 1, maxLength: 4 }),
        fc.array(query, { minLength: 1, maxLength: 6 }),
        (docs, indexes, queries) => {
          const store = openStore();
          const plain = store.create("test.plain");
          const indexed = store.create("test.indexed");
          for (const spec of indexes.slice(0, 2)) tryIndex(indexed, withoutBoth(spec));
          docs.forEach((doc, n) => {
            const stored = { _id: int(n), ...doc };
            try {
              indexed.insert(stored);
              plain.insert(stored);
            } catch {
              // Parallel arrays.
            }
          });
          for (const spec of indexes.slice(2)) tryIndex(indexed, withoutBoth(spec));
          for (const { filter, sort, collated, limit = 0, skip = 0 } of queries) {
            const context = { now, ...(collated && insensitive ? { collation: insensitive } : {}) };
            const sorting = sort ? { sort } : {};
            const scanned = resultOf(
              plan(plain, { filter, ...sorting, hint: { $natural: int(1) } }, context),
            );
            const found = resultOf(plan(indexed, { filter, ...sorting }, context));
            const byId = ({ _id }: Doc): number => (_id as Int32).value;
            expect(found.map(byId).sort()).toEqual(scanned.map(byId).sort());
            if (sort) {
              const compare = compileSort(sort, context.collation);
              found.slice(1).forEach((doc, i) => {
                expect(compare(found[i] ?? {}, doc)).toBeLessThanOrEqual(0);
              });
            }
            const window = resultOf(plan(indexed, { filter, ...sorting, limit, skip }, context));
            expect(window).toEqual(found.slice(skip, limit ? skip + limit : undefined));
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** MongoDB has no index that is sparse and partial. */
function withoutBoth(spec: Doc): Doc {
  if (!isDoc(spec.partialFilterExpression)) return spec;
  const { sparse: _, ...rest } = spec;
  return rest;
}

describe("what a plan looks at", () => {
  let people: Collection;

  beforeAll(() => {
    const store = openStore();
    people = store.create("test.people");
    for (let n = 0; n < 1000; n += 1) {
      const name = `name-${String(n).padStart(3, "0")}`;
      const tags = [`t${n % 7}`, `u${n % 11}`];
      people.insert({ _id: int(n), name, age: int(n % 50), tags, at: new Date(n * 1000) });
    }
    people.createIndex({ key: { name: int(1) }, name: "name_1", unique: true });
    people.createIndex({ key: { age: int(1), at: int(-1) }, name: "age_1_at_-1" });
    people.createIndex({ key: { tags: int(1), at: int(1) }, name: "tags_1_at_1" });
  });

  const stagesIn = (stage: Doc): string[] => [
    String(stage.stage),
    ...(isDoc(stage.inputStage) ? stagesIn(stage.inputStage) : []),
    ...(Array.isArray(stage.inputStages)
      ? stage.inputStages.flatMap((s) => stagesIn(s as Doc))
      : []),
  ];
  const explained = (query: Query) => {
    const { queryPlanner, executionStats } = plan(people, query, { now }).explain("executionStats");
    const winning = (queryPlanner as Doc).winningPlan as Doc;
    const stats = executionStats as Doc;
    const count = (name: string): number => (stats[name] as Int32).value;
    return {
      stages: stagesIn(winning),
      returned: count("nReturned"),
      docs: count("totalDocsExamined"),
      keys: count("totalKeysExamined"),
    };
  };

  it.each<[string, Query, ReturnType<typeof explained>]>([
    [
      "one document for its _id",
      { filter: { _id: int(7) } },
      { stages: ["IDHACK"], returned: 1, docs: 1, keys: 1 },
    ],
    [
      "one document for a unique key",
      { filter: { name: "name-500" } },
      { stages: ["FETCH", "IXSCAN"], returned: 1, docs: 1, keys: 1 },
    ],
    [
      "the documents of a range",
      { filter: { _id: { $gte: int(10), $lt: int(20) } } },
      { stages: ["FETCH", "IXSCAN"], returned: 10, docs: 10, keys: 10 },
    ],
    [
      "the documents of a list of values",
      { filter: { age: { $in: [int(1), int(2)] } } },
      { stages: ["FETCH", "IXSCAN"], returned: 40, docs: 40, keys: 40 },
    ],
    [
      "no more than that for a very long list",
      { filter: { _id: { $in: Array.from({ length: 5000 }, (_, n) => int(n + 990)) } } },
      { stages: ["FETCH", "IXSCAN"], returned: 10, docs: 10, keys: 10 },
    ],
    [
      "the first of an order, without reading on",
      { filter: { age: int(3) }, sort: { at: int(-1) }, limit: 5 },
      { stages: ["LIMIT", "FETCH", "IXSCAN"], returned: 5, docs: 5, keys: 5 },
    ],
    [
      "the last of an order, by reading backwards",
      { filter: {}, sort: { _id: int(-1) }, limit: 3, skip: 2 },
      { stages: ["LIMIT", "SKIP", "FETCH", "IXSCAN"], returned: 3, docs: 5, keys: 5 },
    ],
    [
      "the elements of an array in the order of the next field",
      { filter: { tags: "t3" }, sort: { at: int(1) }, limit: 2 },
      { stages: ["LIMIT", "FETCH", "IXSCAN"], returned: 2, docs: 2, keys: 2 },
    ],
    [
      "the strings of a prefix",
      { filter: { name: new BSONRegExp("^name-01") } },
      { stages: ["FETCH", "IXSCAN"], returned: 10, docs: 10, keys: 10 },
    ],
    [
      "the branches of an $or",
      { filter: { $or: [{ name: "name-001" }, { age: int(1) }] } },
      { stages: ["FETCH", "OR", "IXSCAN", "IXSCAN"], returned: 20, docs: 20, keys: 21 },
    ],
    [
      "everything if no index helps",
      { filter: { missing: int(1) }, sort: { missing: int(1) } },
      { stages: ["SORT", "COLLSCAN"], returned: 0, docs: 1000, keys: 0 },
    ],
    [
      "what a hint says",
      { filter: { age: int(3) }, hint: { name: new Double(1) } },
      { stages: ["FETCH", "IXSCAN"], returned: 20, docs: 1000, keys: 1000 },
    ],
    [
      "everything in order of insertion if the hint says so",
      { filter: { _id: int(3) }, hint: { $natural: int(-1) } },
      { stages: ["COLLSCAN"], returned: 1, docs: 1000, keys: 0 },
    ],
  ])("is %s", (_, query, expected) => {
    expect(explained(query)).toEqual(expected);
  });

  it("is nothing in a collection that doesn't exist", () => {
    const nothing = plan(undefined, { filter: {} }, { now });
    expect(resultOf(nothing)).toEqual([]);
    expect(nothing.explain("queryPlanner").queryPlanner).toMatchObject({
      winningPlan: { stage: "EOF" },
    });
  });

  it("refuses a hint that names no index, as BadValue", () => {
    const query = { filter: {}, hint: "nowhere" };
    expect(() => plan(people, query, { now })).toThrow(
      expect.objectContaining({
        code: 2,
        message: expect.stringContaining("hint provided does not correspond to an existing index"),
      }),
    );
  });

  it("refuses a hint for a partial index that may lack documents (291), but takes it where it may not", () => {
    people.createIndex({ key: { at: int(1) }, partialFilterExpression: { age: { $gt: int(40) } } });
    const hint = "at_1";
    expect(() => plan(people, { filter: { age: int(30) }, hint }, { now })).toThrow(
      expect.objectContaining({ code: 291 }),
    );
    expect(resultOf(plan(people, { filter: { age: int(45) }, hint }, { now }))).toHaveLength(20);
    people.dropIndex("at_1");
  });

  it("is read on lazily, whatever is written meanwhile", () => {
    const store = openStore();
    const collection = store.create("test.queue");
    for (let n = 0; n < 100; n += 1) collection.insert({ _id: int(n) });
    const met: number[] = [];
    const query = { filter: { _id: { $lt: int(1000) } }, sort: { _id: int(1) } };
    for (const doc of plan(collection, query, { now }).run()) {
      met.push((doc._id as Int32).value);
      collection.remove(doc);
      if (met.length === 50) collection.remove({ _id: int(60) });
      if (met.length === 50) collection.insert({ _id: int(500) });
    }
    expect(met).toHaveLength(100);
    expect(met).not.toContain(60);
    expect(met.at(-1)).toBe(500);
    expect(collection.count).toBe(0);
  });
});
