import { describe, expect, it } from "@jest/globals";
import { BSONRegExp, Decimal128, Double, Long, MaxKey, MinKey } from "bson";
import { compileFilter } from "../../../../tools/local/mongo/filter.ts";
import { codeOf, context, doc } from "./documents.ts";

type Fields = Record<string, unknown>;

const matches = (filter: Fields, document: Fields) =>
  compileFilter(doc(filter), context)(doc(document));

describe("a filter", () => {
  it.each<[Fields, Fields]>([
    [{}, {}],
    [{ a: 1 }, { a: 1.0 }],
    [{ a: 1 }, { a: Long.fromNumber(1) }],
    [{ a: 1 }, { a: [2, 1] }],
    [{ a: [2, 1] }, { a: [2, 1] }],
    [{ a: null }, {}],
    [{ a: null }, { a: null }],
    [{ a: null }, { a: [1, null] }],
    [{ "a.b": null }, { a: 5 }],
    [{ "a.b": null }, { a: [{ b: 1 }, {}] }],
    [{ a: { $ne: null } }, { a: 0 }],
    [{ a: { $gt: 1 } }, { a: [0, 2] }],
    [{ a: { $gte: null } }, {}],
    [{ a: { $gt: new MinKey() } }, { a: "x" }],
    [{ a: { $lt: new MaxKey() } }, { a: "x" }],
    [{ a: { $gte: Number.NaN } }, { a: Number.NaN }],
    [{ a: { $in: [1, /^x/i] } }, { a: "Xy" }],
    [{ a: { $in: [null] } }, {}],
    [{ a: { $nin: [1] } }, { a: [2] }],
    [{ "a.0": 1 }, { a: [1, 2] }],
    [{ "a.0.b": 1 }, { a: [{ b: 1 }] }],
    [{ "a.b.c": 1 }, { a: [{ b: [{ c: 2 }, { c: 1 }] }] }],
    [{ a: { $exists: false } }, {}],
    [{ a: { $exists: true } }, { a: null }],
    [{ a: { $type: "number" } }, { a: Decimal128.fromString("1") }],
    [{ a: { $type: ["string", 16] } }, { a: 1 }],
    [{ a: { $type: "array" } }, { a: [] }],
    [{ a: { $size: 2 } }, { a: [1, 2] }],
    [{ a: { $all: [1, 2] } }, { a: [2, 3, 1] }],
    [{ a: { $all: [{ $elemMatch: { b: 1 } }] } }, { a: [{ b: 1 }] }],
    [{ a: { $elemMatch: { $gt: 1, $lt: 3 } } }, { a: [0, 2, 5] }],
    [{ a: { $elemMatch: { b: 1, c: 2 } } }, { a: [{ b: 1 }, { b: 1, c: 2 }] }],
    [{ a: { $mod: [4, 1] } }, { a: 5.5 }],
    [{ a: { $regex: "^ab", $options: "i" } }, { a: "ABc" }],
    [{ a: { $not: /x/ } }, { a: 1 }],
    [{ a: { $not: { $gt: 5 } } }, {}],
    [{ a: { $bitsAllSet: [0, 2] } }, { a: 5 }],
    [{ a: { $bitsAnyClear: 3 } }, { a: 1 }],
    [{ $or: [{ a: 1 }, { b: 1 }] }, { b: 1 }],
    [{ $nor: [{ a: 1 }] }, { a: 2 }],
    [{ $and: [{ a: 1 }, { b: 2 }] }, { a: 1, b: 2 }],
    [{ $expr: { $gt: ["$a", "$b"] } }, { a: 2, b: 1 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 2 } }],
    [{ $comment: "why", a: { $eq: 1 } }, { a: 1 }],
    [{ $jsonSchema: { required: ["a"] } }, { a: 1 }],
  ])("%j matches %j", (filter, document) => expect(matches(filter, document)).toBe(true));

  it.each<[string, Fields, Fields]>([
    ["compares only values of one type", { a: { $gt: 5 } }, { a: "a" }],
    ["has null greater than nothing", { a: { $gt: null } }, { a: 1 }],
    ["never holds a number to NaN", { a: { $lt: Number.NaN } }, { a: 1 }],
    ["finds no null in an empty array's documents", { "a.b": null }, { a: [] }],
    ["finds no null in an array of scalars", { "a.b": null }, { a: [1, 2] }],
    ["heeds the order of fields", { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }],
    [
      "needs one element that passes all of $elemMatch",
      { a: { $elemMatch: { $gt: 1, $lt: 3 } } },
      { a: [0, 5] },
    ],
    ["matches no $all of nothing", { a: { $all: [] } }, { a: [] }],
    ["negates over all elements", { a: { $ne: 1 } }, { a: [1, 2] }],
    ["takes a regular expression for strings only", { a: /1/ }, { a: 1 }],
    ["ends $ before a last line break only", { a: /b$/ }, { a: "b\nc" }],
    ["does not see inherited names", { toString: { $exists: true } }, {}],
  ])("%s", (_, filter, document) => expect(matches(filter, document)).toBe(false));

  it.each<[Fields, number]>([
    [{ $foo: 1 }, 2],
    [{ a: { $foo: 1 } }, 2],
    [{ a: { $in: 1 } }, 2],
    [{ $or: [] }, 2],
    [{ $and: [1] }, 2],
    [{ a: { $mod: [0, 1] } }, 2],
    [{ a: { $size: -1 } }, 2],
    [{ a: { $gt: /x/ } }, 2],
    [{ a: { $not: {} } }, 2],
    [{ a: { $type: "nothing" } }, 2],
    [{ a: { $regex: "(" } }, 51091],
    [{ $where: "1" }, 238],
    [{ $text: { $search: "x" } }, 238],
    [{ a: { $near: [0, 0] } }, 238],
    [{ $expr: { $nothing: 1 } }, 168],
    [{ $expr: "$$nothing" }, 17276],
    [{ $jsonSchema: { format: "email" } }, 9],
  ])("%j is refused with error %i", (filter, code) =>
    expect(codeOf(() => compileFilter(doc(filter), context))).toBe(code),
  );

  it.each<[Fields, Fields, number | undefined]>([
    [{ a: 2 }, { a: [1, 2] }, 1],
    [{ "a.b": 2 }, { a: [{ b: 1 }, { b: 2 }] }, 1],
    [{ a: { $elemMatch: { b: 2 } } }, { a: [{ b: 1 }, { b: 2 }] }, 1],
    [{ a: { $ne: 3 } }, { a: [1, 2] }, undefined],
    [{ b: 1 }, { a: [1], b: 1 }, undefined],
  ])("%j on %j gives position %p", (filter, document, position) =>
    expect(compileFilter(doc(filter), context).match(doc(document)).position).toBe(position),
  );

  it("matches by collation", () => {
    const collation = {
      strength: 2 as const,
      compare: () => 1,
      key: (text: string) => text.toLowerCase(),
    };
    const filter = compileFilter(doc({ a: { $in: ["ADA"] } }), { ...context, collation });
    expect(filter(doc({ a: "ada" }))).toBe(true);
  });

  it.each<[string, string, string, boolean]>([
    ["\\Aab\\z", "", "ab", true],
    ["(?i)AB", "", "xab", true],
    ["a b # note", "x", "ab", true],
    ["b$", "", "b\n", true],
    [".", "s", "\n", true],
    ["^b", "m", "a\nb", true],
    ["[$]", "", "$", true],
    ["^.$", "", "😀", true],
  ])("runs the PCRE pattern %j with options %j on %j", (pattern, options, text, expected) =>
    expect(matches({ a: new BSONRegExp(pattern, options) }, { a: text })).toBe(expected),
  );

  it("compares doubles with decimals exactly", () => {
    expect(matches({ a: Decimal128.fromString("0.1") }, { a: new Double(0.1) })).toBe(false);
  });
});
