import { describe, expect, it } from "@jest/globals";
import { Double, Long, Timestamp } from "bson";
import { compileUpdate } from "../../../../tools/local/mongo/update.ts";
import { codeOf, context, doc, docs } from "./documents.ts";

type Fields = Record<string, unknown>;

const apply = (
  update: Fields | Fields[],
  before: Fields,
  position?: number,
  arrayFilters?: Fields[],
) => {
  const given = Array.isArray(update) ? docs(update) : doc(update);
  const all = arrayFilters ? { ...context, arrayFilters: docs(arrayFilters) } : context;
  return compileUpdate(given, all).apply(doc(before), position);
};

describe("modifiers", () => {
  it.each<[Fields, Fields, Fields]>([
    [{ $set: { "a.b": 1 } }, {}, { a: { b: 1 } }],
    [{ $set: { "a.1": 5 } }, { a: [1, 2] }, { a: [1, 5] }],
    [{ $set: { "a.3": 5 } }, { a: [1] }, { a: [1, null, null, 5] }],
    [{ $set: { "a.0": 1 } }, {}, { a: { 0: 1 } }],
    [{ $unset: { a: "", "b.c": "" } }, { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2 } }],
    [{ $unset: { "a.0": "" } }, { a: [1, 2] }, { a: [null, 2] }],
    [{ $inc: { a: 2, b: 1 } }, { a: 1 }, { a: 3, b: 1 }],
    [{ $mul: { a: 2, b: 2 } }, { a: 3 }, { a: 6, b: 0 }],
    [
      { $min: { a: 1 }, $max: { b: 5 } },
      { a: 3, b: 3 },
      { a: 1, b: 5 },
    ],
    [{ $max: { a: "x" } }, { a: 3 }, { a: "x" }],
    [{ $rename: { a: "b.c" } }, { a: 1 }, { b: { c: 1 } }],
    [{ $rename: { a: "b" } }, { c: 1 }, { c: 1 }],
    [{ $setOnInsert: { b: 1 } }, { a: 1 }, { a: 1 }],
    [{ $push: { a: 1 } }, {}, { a: [1] }],
    [{ $push: { a: { $each: [3, 1], $sort: 1, $slice: 2 } } }, { a: [2] }, { a: [1, 2] }],
    [{ $push: { a: { $each: [9], $position: 1 } } }, { a: [1, 2] }, { a: [1, 9, 2] }],
    [{ $push: { a: { $each: [9], $position: -1 } } }, { a: [1, 2] }, { a: [1, 9, 2] }],
    [
      { $push: { a: { $each: [{ n: 1 }], $sort: { n: -1 } } } },
      { a: [{ n: 0 }] },
      { a: [{ n: 1 }, { n: 0 }] },
    ],
    [{ $push: { a: { $each: [], $slice: -1 } } }, { a: [1, 2] }, { a: [2] }],
    [{ $addToSet: { a: { $each: [1, 2, 2] } } }, { a: [1] }, { a: [1, 2] }],
    [{ $pop: { a: 1 } }, { a: [1, 2] }, { a: [1] }],
    [{ $pop: { a: -1 } }, { a: [1, 2] }, { a: [2] }],
    [{ $pull: { a: { $gte: 2 } } }, { a: [1, 2, 3] }, { a: [1] }],
    [{ $pull: { a: { b: 1 } } }, { a: [{ b: 1, c: 1 }, { b: 2 }] }, { a: [{ b: 2 }] }],
    [{ $pull: { "a.$[].b": 1 } }, { a: [{ b: [1, 2] }] }, { a: [{ b: [2] }] }],
    [{ $pullAll: { a: [1, 3] } }, { a: [1, 2, 3] }, { a: [2] }],
    [{ $bit: { a: { and: 6, or: 1 } } }, { a: 12 }, { a: 5 }],
    [{ $inc: { "a.$[]": 1 } }, { a: [1, 2] }, { a: [2, 3] }],
  ])("%j on %j gives %j", (update, before, after) =>
    expect(apply(update, before)).toEqual(doc(after)),
  );

  it("make new fields in the order of their names, numbers by size", () => {
    const after = apply({ $set: { "x.10": 1, "x.9": 1, b: 1 }, $inc: { a: 1 } }, { z: 1 });
    expect(Object.keys(after)).toEqual(["z", "a", "b", "x"]);
  });

  it.each<[string, Fields, Fields, unknown]>([
    [
      "Int32 past 32 bits becomes Long",
      { $inc: { a: 1 } },
      { a: 2147483647 },
      Long.fromNumber(2147483648),
    ],
    ["Int32 plus Double is Double", { $inc: { a: 0.5 } }, { a: 1 }, new Double(1.5)],
    ["Double plus Int32 stays Double", { $inc: { a: 1 } }, { a: new Double(1) }, new Double(2)],
    [
      "Long plus Int32 stays Long",
      { $inc: { a: 1 } },
      { a: Long.fromNumber(1) },
      Long.fromNumber(2),
    ],
    [
      "$mul of a missing field is zero of its type",
      { $mul: { a: Long.fromNumber(2) } },
      {},
      Long.fromNumber(0),
    ],
    ["$currentDate is the command's time", { $currentDate: { a: true } }, {}, context.now],
    [
      "$currentDate can be a timestamp",
      { $currentDate: { a: { $type: "timestamp" } } },
      {},
      new Timestamp({ t: 1772600767, i: 1 }),
    ],
  ])("%s", (_, update, before, expected) => expect(apply(update, before).a).toEqual(expected));

  it.each<[Fields, Fields, number]>([
    [{ $inc: { a: 1 } }, { a: "x" }, 14],
    [{ $inc: { a: 1 } }, { a: null }, 14],
    [{ $inc: { a: "x" } }, {}, 14],
    [{ $inc: { a: 1 } }, { a: Long.MAX_VALUE }, 2],
    [{ $set: { "a.b": 1 } }, { a: 5 }, 28],
    [{ $set: { "a.b": 1 } }, { a: null }, 28],
    [{ $set: { "a.b": 1 } }, { a: [1] }, 28],
    [{ $set: { a: 1, "a.b": 2 } }, {}, 40],
    [{ $set: { a: 1 }, $inc: { a: 1 } }, {}, 40],
    [{ $rename: { a: "b" }, $set: { b: 1 } }, {}, 40],
    [{ $set: { _id: 2 } }, { _id: 1 }, 66],
    [{ $foo: { a: 1 } }, {}, 9],
    [{ $set: 5 }, {}, 9],
    [{ $set: { "": 1 } }, {}, 56],
    [{ $set: { "a..b": 1 } }, {}, 56],
    [{ $set: { "a.$b": 1 } }, {}, 52],
    [{ $push: { a: 1 } }, { a: 5 }, 2],
    [{ $push: { a: { $each: 1 } } }, {}, 2],
    [{ $addToSet: { a: 1 } }, { a: 5 }, 2],
    [{ $pop: { a: 1 } }, { a: 5 }, 14],
    [{ $pop: { a: 2 } }, { a: [1] }, 9],
    [{ $pull: { a: 1 } }, { a: 5 }, 2],
    [{ $bit: { a: { and: 1.5 } } }, { a: 1 }, 2],
    [{ $set: { "a.$": 1 } }, { a: [1] }, 2],
    [{ $set: { "a.$[]": 1 } }, {}, 2],
    [{ $set: { "a.$[x]": 1 } }, { a: [1] }, 2],
    [{ $set: { "a.$[]": 1, "a.0": 2 } }, { a: [1] }, 40],
  ])("%j on %j is error %i", (update, before, code) =>
    expect(codeOf(() => apply(update, before))).toBe(code),
  );
});

describe("positional paths", () => {
  it("$ is the element the filter matched", () => {
    expect(apply({ $set: { "a.$.b": 9 } }, { a: [{ b: 1 }, { b: 2 }] }, 1)).toEqual(
      doc({ a: [{ b: 1 }, { b: 9 }] }),
    );
  });

  it("$[name] is every element its array filter passes", () => {
    const after = apply({ $set: { "a.$[x].b": 0 } }, { a: [{ b: 1 }, { b: 5 }] }, undefined, [
      { "x.b": { $gt: 2 } },
    ]);
    expect(after).toEqual(doc({ a: [{ b: 1 }, { b: 0 }] }));
  });

  it.each<[Fields[], number]>([
    [[{ y: 1 }], 9],
    [[{ x: 1 }, { x: 2 }], 9],
    [[{ x: 1, y: 2 }], 9],
    [[{}], 9],
    [[{ X: 1 }], 2],
  ])("array filters %j are refused with error %i", (arrayFilters, code) =>
    expect(
      codeOf(() => apply({ $set: { "a.$[x]": 1 } }, { a: [1] }, undefined, arrayFilters)),
    ).toBe(code),
  );
});
