import { beforeEach, describe, expect, it } from "@jest/globals";
import { Int32 } from "bson";
import fc from "fast-check";
import type { Collection } from "../../../../tools/local/mongo/storage/collection.ts";
import { createIndex } from "../../../../tools/local/mongo/storage/index.ts";
import { parseIndexSpec } from "../../../../tools/local/mongo/storage/index-spec.ts";
import { createRecent } from "../../../../tools/local/mongo/storage/recent.ts";
import { openStore, type Store } from "../../../../tools/local/mongo/storage/store.ts";
import { type Doc, decode } from "../../../../tools/local/mongo/values/codec.ts";
import { encodeExact } from "../../../../tools/local/mongo/values/encode.ts";
import { anyDoc, anyValue } from "./arbitraries.ts";

const int = (n: number): Int32 => new Int32(n);

let store: Store;
let items: Collection;

beforeEach(() => {
  store = openStore();
  items = store.create("app.items");
});

const read = (id: number): Doc => {
  const doc = items.byId(int(id));
  if (!doc) throw new Error(`there is no ${id}`);
  return doc;
};

describe("documents kept decoded", () => {
  it("take no more than their share of memory, the oldest going first", () => {
    const recent = createRecent();
    const size = 50_000;
    for (let address = 1; address <= 100; address += 1) recent.keep(address, {}, size);
    const kept = Array.from({ length: 100 }, (_, i) => i + 1).filter((at) => recent.get(at));
    const most = (2 << 20) / size;
    expect(kept.length).toBeLessThanOrEqual(most);
    expect(kept.length).toBeGreaterThan(most * 0.9);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => 101 - kept.length + i));
  });

  it("are not those that would leave little room for others", () => {
    const recent = createRecent();
    recent.keep(1, {}, 1 << 20);
    expect(recent.get(1)).toBeUndefined();
  });

  it("are never a version that was replaced, removed or undone", () => {
    items.insert({ _id: int(1), n: int(0) });
    items.replace(read(1), { _id: int(1), n: int(1) });
    expect(read(1)).toEqual({ _id: int(1), n: int(1) });
    expect(() =>
      store.batch(() => {
        items.replace(read(1), { _id: int(1), n: int(2) });
        expect(read(1)).toEqual({ _id: int(1), n: int(2) });
        throw new Error("undone");
      }),
    ).toThrow("undone");
    expect(read(1)).toEqual({ _id: int(1), n: int(1) });
    items.remove(read(1));
    items.insert({ _id: int(1), n: int(3) });
    expect(read(1)).toEqual({ _id: int(1), n: int(3) });
  });

  it("are like what a fresh decoding would give", () => {
    const given = fc.record({ v: fc.oneof(anyValue, fc.constant(undefined)), text: fc.string() });
    fc.assert(
      fc.property(given, (fields) => {
        const doc = fields as Doc;
        const bytes = encodeExact(doc);
        if (bytes) expect(decode(bytes)).toEqual(doc);
        if ("v" in doc && doc.v === undefined) expect(bytes).toBeUndefined();
      }),
    );
    expect(encodeExact({ text: "\ud800 alone" })).toBeUndefined();
    expect(encodeExact({ text: `${"long ".repeat(20)}\ud800` })).toBeUndefined();
  });
});

describe("the keys of a replaced document", () => {
  it("are those of its new version, whatever of it was changed", () => {
    const specs = ["a", "b", "c.a"].map((path) => ({ name: path, key: { [path]: int(1) } }));
    const change = fc.dictionary(fc.constantFrom("a", "b", "c"), anyValue);
    fc.assert(
      fc.property(anyDoc, fc.array(change, { maxLength: 5 }), (start, changes) => {
        const collection = openStore().create("app.any");
        for (const spec of specs) collection.createIndex(spec);
        collection.insert({ ...start, _id: int(1) });
        for (const fields of changes) {
          const before = collection.byId(int(1)) ?? {};
          collection.replace(before, { ...before, ...fields });
        }
        const stored = collection.byId(int(1)) ?? {};
        const [record = -1] = collection.recordIds();
        specs.forEach((spec, i) => {
          const keys = createIndex(parseIndexSpec(spec)).keysOf(stored);
          const entries = collection.indexes[i + 1]?.entries;
          expect(entries?.size).toBe(keys.length);
          for (const key of keys) expect(entries?.first(key)).toBe(record);
        });
      }),
      { numRuns: 300 },
    );
  });
});
