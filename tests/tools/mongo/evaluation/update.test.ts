import { describe, expect, it } from "@jest/globals";
import { Double, Int32 } from "bson";
import fc from "fast-check";
import { compileUpdate } from "../../../../tools/local/mongo/update.ts";
import { encode } from "../../../../tools/local/mongo/values/codec.ts";
import { codeOf, context, doc, docs } from "./documents.ts";

type Fields = Record<string, unknown>;

const compiled = (update: Fields | Fields[]) =>
  compileUpdate(Array.isArray(update) ? docs(update) : doc(update), context);

const apply = (update: Fields | Fields[], before: Fields) => compiled(update).apply(doc(before));

const upsert = (update: Fields | Fields[], filter: Fields) => compiled(update).upsert(doc(filter));

describe("what changes nothing", () => {
  it.each<[Fields | Fields[], Fields]>([
    [{ $set: { a: 1 } }, { a: 1 }],
    [{ $inc: { a: 0 } }, { a: 1 }],
    [{ $unset: { "a.b": 1 } }, { a: 5 }],
    [{ $pull: { a: 9 } }, { a: [1] }],
    [{ $addToSet: { a: 1 } }, { a: [1] }],
    [{ $min: { a: 5 } }, { a: 1 }],
    [{ $setOnInsert: { b: 1 } }, { a: 1 }],
    [
      { _id: 1, a: 1 },
      { _id: 1, a: 1 },
    ],
    [{ a: 1 }, { _id: 1, a: 1 }],
    [[{ $set: { t: 1 } }, { $unset: "t" }], { a: { b: [1] } }],
  ])("%j returns the very document it was given", (update, before) => {
    const given = doc(before);
    expect(compiled(update).apply(given)).toBe(given);
  });

  it("does not include a new type for an equal number", () => {
    expect(apply({ $set: { a: new Double(1) } }, { a: 1 }).a).toEqual(new Double(1));
  });
});

describe("replacements and pipelines", () => {
  it("a replacement keeps the _id, in front", () => {
    const after = apply({ b: 1 }, { _id: 7, a: 1 });
    expect(Object.entries(after)).toEqual([
      ["_id", new Int32(7)],
      ["b", new Int32(1)],
    ]);
  });

  it("a pipeline that drops the _id keeps it", () => {
    expect(apply([{ $replaceWith: { x: "$a" } }], { _id: 7, a: 1 })).toEqual(doc({ _id: 7, x: 1 }));
  });

  it.each<[Fields | Fields[], number]>([
    [{ _id: 2 }, 66],
    [[{ $set: { _id: 2 } }], 66],
    [{ a: 1, $b: 2 }, 52],
    [[{ $match: {} }], 72],
    [[{ $nothing: {} }], 72],
  ])("%j is refused with error %i", (update, code) =>
    expect(codeOf(() => apply(update, { _id: 1 }))).toBe(code),
  );

  it("never change the document they are given", () => {
    const names = fc.constantFrom("a", "b", "a.b", "b.c");
    fc.assert(
      fc.property(names, fc.integer(), fc.boolean(), (name, number, asPipeline) => {
        const given = doc({ _id: 1, a: { b: 1, d: [1] }, b: {} });
        const before = encode(given);
        const set = { $set: { [name]: number } };
        compileUpdate(asPipeline ? docs([set]) : doc(set), context).apply(given);
        expect(encode(given)).toEqual(before);
      }),
    );
  });
});

describe("an upsert", () => {
  it.each<[Fields | Fields[], Fields, Fields]>([
    [
      { $set: { x: 1 }, $setOnInsert: { y: 2 } },
      { _id: 5, "a.b": 3, c: { $gt: 1 } },
      { _id: 5, a: { b: 3 }, x: 1, y: 2 },
    ],
    [
      { $set: { x: 1 } },
      { $and: [{ a: 1 }, { b: { $eq: 2 } }], c: { $in: [3] } },
      { a: 1, b: 2, c: 3, x: 1 },
    ],
    [{ $set: { x: 1 } }, { $or: [{ a: 1 }, { a: 2 }] }, { x: 1 }],
    [{ $inc: { n: 1 } }, { _id: 1 }, { _id: 1, n: 1 }],
    [{ x: 1 }, { _id: 5, a: 1 }, { _id: 5, x: 1 }],
    [[{ $set: { n: { $add: ["$a", 1] } } }], { _id: 1, a: 1 }, { _id: 1, a: 1, n: 2 }],
  ])("of %j with filter %j inserts %j", (update, filter, inserted) =>
    expect(upsert(update, filter)).toEqual(doc(inserted)),
  );

  it("refuses a filter that gives one path twice", () => {
    expect(codeOf(() => upsert({ $set: { x: 1 } }, { a: 1, $and: [{ a: 2 }] }))).toBe(54);
  });

  it("puts the _id first", () => {
    expect(Object.keys(upsert({ $set: { a: 1, _id: 3 } }, {}))).toEqual(["_id", "a"]);
  });
});
