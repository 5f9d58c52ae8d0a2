import { beforeEach, describe, expect, it } from "@jest/globals";
import { Binary, BSONRegExp, Double, Int32, Long, ObjectId } from "bson";
import type { Collection } from "../../../../tools/local/mongo/storage/collection.ts";
import { openStore, type Store } from "../../../../tools/local/mongo/storage/store.ts";
import type { Doc, Value } from "../../../../tools/local/mongo/values/codec.ts";

const int = (n: number): Int32 => new Int32(n);
const code = (number: number) => expect.objectContaining({ code: number });

let store: Store;
let users: Collection;

beforeEach(() => {
  store = openStore();
  users = store.create("app.users");
});

const ids = (): Value[] => [...users.scan()].map(({ _id }) => _id ?? null);

describe("documents", () => {
  it("keep their BSON types, their order of insertion, and _id as the first field", () => {
    const bytes = new Binary(Buffer.from([1, 2, 3]));
    users.insert({ _id: "b", n: new Double(1), l: Long.fromNumber(1), bytes });
    users.insert({ x: int(1), _id: "a" });
    users.replace({ _id: "b" }, { n: new Double(2), _id: "b" });
    expect([...users.scan()]).toEqual([
      { _id: "b", n: new Double(2) },
      { _id: "a", x: int(1) },
    ]);
    expect(Object.keys(users.byId("a") ?? {})).toEqual(["_id", "x"]);
  });

  it("stay as they were read, whatever is written afterwards", () => {
    users.insert({ _id: int(1), bytes: new Binary(Buffer.alloc(100, 1)) });
    const read = users.byId(int(1));
    users.remove({ _id: int(1) });
    users.insert({ _id: int(2), bytes: new Binary(Buffer.alloc(100, 2)) });
    expect(read).toEqual({ _id: int(1), bytes: new Binary(Buffer.alloc(100, 1)) });
  });

  it("are found by an _id of another number type", () => {
    users.insert({ _id: int(1) });
    expect(users.byId(new Double(1))).toEqual({ _id: int(1) });
    expect(users.byId(Long.fromNumber(2))).toBeUndefined();
  });

  it.each<[string, Value]>([
    ["an array", [int(1)]],
    ["a regular expression", new BSONRegExp("x")],
  ])("can't have %s as _id (53)", (_, _id) => {
    expect(() => users.insert({ _id })).toThrow(code(53));
  });

  it("can't change their _id (66)", () => {
    users.insert({ _id: int(1) });
    expect(() => users.replace({ _id: int(1) }, { _id: int(2) })).toThrow(code(66));
  });

  it("can't be larger than 16 MiB (10334)", () => {
    expect(() => users.insert({ _id: int(1), text: "x".repeat(2 ** 24) })).toThrow(code(10334));
    expect(users.count).toBe(0);
  });

  it("count and weigh what is there", () => {
    users.insert({ _id: int(1) });
    users.insert({ _id: int(2), text: "x" });
    users.remove({ _id: int(1) });
    expect([users.count, users.size]).toEqual([1, 26]);
    expect(store.databases()).toEqual([{ name: "app", sizeOnDisk: 26, empty: false }]);
  });
});

describe("a unique index", () => {
  it.each<[string, Doc, Doc, Doc, string, Doc]>([
    ["_id", {}, { _id: "q" }, { _id: "q" }, '_id_ dup key: { _id: "q" }', { _id: "q" }],
    [
      "numbers of two types",
      { key: { x: int(1) } },
      { _id: int(1), x: int(1) },
      { _id: int(2), x: new Double(1) },
      "x_1 dup key: { x: 1.0 }",
      { x: new Double(1) },
    ],
    [
      "two documents without the field",
      { key: { x: int(1) } },
      { _id: int(1) },
      { _id: int(2), x: null },
      "x_1 dup key: { x: null }",
      { x: null },
    ],
    [
      "an element of each array",
      { key: { "a.b": int(-1) }, name: "mine" },
      { _id: int(1), a: [{ b: int(1) }, { b: int(2) }] },
      { _id: int(2), a: [{ b: int(3) }, { b: int(2) }] },
      "mine dup key: { a.b: 2 }",
      { "a.b": int(2) },
    ],
    [
      "all fields of a compound key",
      { key: { x: int(1), y: int(-1) } },
      { _id: int(1), x: int(1), y: "a" },
      { _id: int(2), x: int(1), y: "a" },
      'x_1_y_-1 dup key: { x: 1, y: "a" }',
      { x: int(1), y: "a" },
    ],
    [
      "strings that differ in case, under a collation",
      { key: { x: int(1) }, collation: { locale: "en", strength: int(2) } },
      { _id: int(1), x: "Ann" },
      { _id: int(2), x: "aNN" },
      'x_1 dup key: { x: "aNN" }',
      { x: "aNN" },
    ],
  ])(
    "refuses %s, with MongoDB's message, keyPattern and keyValue",
    (_, spec, first, second, said, keyValue) => {
      if (spec.key) users.createIndex({ unique: true, ...spec });
      users.insert(first);
      expect(() => users.insert(second)).toThrow(
        expect.objectContaining({
          code: 11000,
          message: `E11000 duplicate key error collection: app.users index: ${said}`,
          details: { keyPattern: spec.key ?? { _id: int(1) }, keyValue },
        }),
      );
      expect([...users.scan()]).toEqual([first]);
    },
  );

  it.each<[string, Doc, Doc, Doc]>([
    [
      "twice in one document",
      { key: { a: int(1) } },
      { _id: int(1), a: [int(1), int(1)] },
      { _id: int(2), a: int(2) },
    ],
    [
      "missing twice if sparse",
      { key: { x: int(1) }, sparse: true },
      { _id: int(1) },
      { _id: int(2) },
    ],
    [
      "outside a partial filter",
      { key: { x: int(1) }, partialFilterExpression: { live: true } },
      { _id: int(1), x: int(1), live: false },
      { _id: int(2), x: int(1), live: true },
    ],
    [
      "in other combinations of an array's elements",
      { key: { "a.b": int(1), "a.c": int(1) } },
      {
        _id: int(1),
        a: [
          { b: int(1), c: int(2) },
          { b: int(3), c: int(4) },
        ],
      },
      { _id: int(2), a: [{ b: int(1), c: int(4) }] },
    ],
    [
      "in the order of fields of an embedded document",
      { key: { x: int(1) } },
      { _id: int(1), x: { a: int(1), b: int(2) } },
      { _id: int(2), x: { b: int(2), a: int(1) } },
    ],
  ])("allows a value %s", (_, spec, first, second) => {
    users.createIndex({ unique: true, ...spec });
    users.insert(first);
    users.insert(second);
    expect(users.count).toBe(2);
  });

  it("lets a document keep its own key, and frees the key it gives up", () => {
    users.createIndex({ key: { x: int(1) }, unique: true });
    users.insert({ _id: int(1), x: int(1) });
    users.insert({ _id: int(2), x: int(2) });
    users.replace({ _id: int(1) }, { _id: int(1), x: int(1), y: int(1) });
    expect(() => users.replace({ _id: int(1) }, { _id: int(1), x: int(2) })).toThrow(code(11000));
    users.replace({ _id: int(1) }, { _id: int(1), x: int(3) });
    users.insert({ _id: int(3), x: int(1) });
    expect(ids()).toEqual([int(1), int(2), int(3)]);
  });

  it("can't be made on documents that break it, and is not there then", () => {
    users.insert({ _id: int(1), x: int(1) });
    users.insert({ _id: int(2), x: int(1) });
    expect(() => users.createIndex({ key: { x: int(1) }, unique: true })).toThrow(
      "E11000 duplicate key error collection: app.users index: x_1 dup key: { x: 1 }",
    );
    expect(users.indexes.map(({ name }) => name)).toEqual(["_id_"]);
  });
});

describe("createIndex", () => {
  it("keeps the specification as listIndexes shows it", () => {
    const spec = { key: { x: int(1), y: new Double(-1) }, sparse: true, background: true };
    expect(users.createIndex(spec)).toEqual({ created: true });
    expect(users.indexes.map((index) => index.spec)).toEqual([
      { v: int(2), key: { _id: int(1) }, name: "_id_" },
      { v: int(2), key: spec.key, name: "x_1_y_-1", sparse: true },
    ]);
  });

  it.each<[string, Doc]>([
    ["the same again", { key: { x: int(1) }, unique: true }],
    [
      "the same with another number type",
      { key: { x: Long.fromNumber(1) }, unique: true, sparse: false },
    ],
    ["the collection's own", { key: { _id: int(1) }, name: "_id_" }],
  ])("does nothing for %s", (_, spec) => {
    users.createIndex({ key: { x: int(1) }, unique: true });
    expect(users.createIndex(spec)).toEqual({ created: false });
  });

  it.each<[string, Doc, number]>([
    ["the same name and key with other options", { key: { x: int(1) } }, 85],
    ["the same under another name", { key: { x: int(1) }, unique: true, name: "other" }, 85],
    ["the same key under another name and options", { key: { x: int(1) }, name: "other" }, 85],
    ["the same name for another key", { key: { y: int(1) }, name: "x_1" }, 86],
    ["a kind of index it doesn't have", { key: { x: "text" } }, 67],
    ["a direction of zero", { key: { x: int(0) } }, 67],
    ["no key", { key: {} }, 67],
    ["an empty path", { key: { "a..b": int(1) } }, 67],
    ["an unknown option", { key: { y: int(1) }, uniqe: true }, 197],
    ["TTL on several fields", { key: { y: int(1), z: int(1) }, expireAfterSeconds: int(1) }, 67],
    [
      "a partial filter it can't decide by",
      { key: { y: int(1) }, partialFilterExpression: { z: { $ne: int(1) } } },
      67,
    ],
    ["a collation it doesn't have", { key: { y: int(1) }, collation: { locale: "fr" } }, 2],
  ])("refuses %s", (_, spec, number) => {
    users.createIndex({ key: { x: int(1) }, unique: true });
    expect(() => users.createIndex(spec)).toThrow(code(number));
    expect(users.indexes).toHaveLength(2);
  });

  it("refuses parallel arrays, whichever comes first (171)", () => {
    const parallel = { _id: int(1), a: [int(1)], b: [int(2)] };
    users.createIndex({ key: { a: int(1), b: int(1) } });
    expect(() => users.insert(parallel)).toThrow("cannot index parallel arrays [b] [a]");
    users.dropIndex("a_1_b_1");
    users.insert(parallel);
    expect(() => users.createIndex({ key: { a: int(1), b: int(1) } })).toThrow(code(171));
  });
});

describe("dropIndex", () => {
  it("refuses an unknown name (27) and _id_ (72)", () => {
    expect(() => users.dropIndex("x_1")).toThrow(code(27));
    expect(() => users.dropIndex("_id_")).toThrow(code(72));
  });
});

describe("a batch that fails", () => {
  it("undoes all it did, inner batches included, and nothing before it", () => {
    users.createIndex({ key: { x: int(1) }, unique: true });
    users.insert({ _id: int(1), x: int(1) });
    const work = (): void => {
      users.insert({ _id: int(2), x: int(2) });
      store.batch(() => users.replace({ _id: int(2) }, { _id: int(2), x: int(3) }));
      users.remove({ _id: int(1) });
      store.create("app.other").insert({ _id: int(1) });
      store.drop("app.users");
      throw new Error("no");
    };
    expect(() => store.batch(work)).toThrow("no");
    expect(store.list("app").map(({ namespace }) => namespace)).toEqual(["app.users"]);
    expect([...users.scan()]).toEqual([{ _id: int(1), x: int(1) }]);
    users.insert({ _id: int(2), x: int(3) });
    expect(() => users.insert({ _id: int(3), x: int(1) })).toThrow(code(11000));
  });

  it("inside another undoes only itself if the outer one goes on", () => {
    store.batch(() => {
      users.insert({ _id: int(1) });
      expect(() =>
        store.batch(() => {
          users.insert({ _id: int(2) });
          users.insert({ _id: int(1) });
        }),
      ).toThrow(code(11000));
    });
    expect(ids()).toEqual([int(1)]);
  });
});

describe("a TTL index", () => {
  it.each([1, -1])("removes what is due and nothing else (direction %d)", (direction) => {
    users.createIndex({ key: { at: int(direction) }, expireAfterSeconds: int(60) });
    const at = (seconds: number): Date => new Date(seconds * 1000);
    const docs: Doc[] = [
      { _id: "due", at: at(40) },
      { _id: "just due", at: at(40) },
      { _id: "later", at: at(41) },
      { _id: "one of several", at: [at(500), at(10)] },
      { _id: "no date", at: "1970" },
      { _id: "number", at: int(1) },
      { _id: "none" },
    ];
    for (const doc of docs) users.insert(doc);
    expect(store.expireDue(at(100))).toBe(3);
    expect(ids()).toEqual(["later", "no date", "number", "none"]);
    store.modify("app.users", { index: { name: `at_${direction}`, expireAfterSeconds: 10 } });
    expect(store.expireDue(at(100))).toBe(1);
    expect(users.indexes[1]?.spec.expireAfterSeconds).toEqual(int(10));
  });
});

describe("collections", () => {
  it("have an id of their own, and a namespace once (48)", () => {
    expect(users.uuid).toHaveLength(16);
    expect(store.create("app.other").uuid).not.toEqual(users.uuid);
    expect(() => store.create("app.users")).toThrow(code(48));
  });

  it("are changed by name (26 if there is none, 27 for an unknown index)", () => {
    store.modify("app.users", { validator: { x: int(1) }, validationAction: "warn" });
    store.modify("app.users", { validationLevel: "moderate" });
    expect(users.options).toEqual({
      validator: { x: int(1) },
      validationAction: "warn",
      validationLevel: "moderate",
    });
    expect(() => store.modify("app.none", {})).toThrow(code(26));
    expect(() => store.modify("app.users", { index: { name: "x", hidden: true } })).toThrow(
      code(27),
    );
  });

  it("go one by one or with their database", () => {
    users.insert({ _id: new ObjectId() });
    store.create("app.more");
    store.create("apple.users");
    expect([store.drop("app.more"), store.drop("app.more")]).toEqual([true, false]);
    store.dropDatabase("app");
    expect(store.databases().map(({ name }) => name)).toEqual(["apple"]);
    expect(store.collection("app.users")).toBeUndefined();
  });
});
