import { describe, expect, it } from "@jest/globals";
import { compileProjection } from "../../../../tools/local/mongo/projection.ts";
import { compileSort } from "../../../../tools/local/mongo/sort.ts";
import { codeOf, context, doc, docs } from "./documents.ts";

type Fields = Record<string, unknown>;

const project = (spec: Fields, document: Fields, position?: number) =>
  compileProjection(doc(spec), context)(doc(document), position);

describe("a projection", () => {
  it.each<[Fields, Fields, Fields]>([
    [{}, { _id: 1, a: 1 }, { _id: 1, a: 1 }],
    [{ a: 1 }, { _id: 1, a: 1, b: 2 }, { _id: 1, a: 1 }],
    [{ a: 1, _id: 0 }, { _id: 1, a: 1, b: 2 }, { a: 1 }],
    [{ a: 0 }, { _id: 1, a: 1, b: 2 }, { _id: 1, b: 2 }],
    [
      { a: 0, _id: 1 },
      { _id: 1, a: 1, b: 2 },
      { _id: 1, b: 2 },
    ],
    [{ _id: 0 }, { _id: 1, a: 1 }, { a: 1 }],
    [{ _id: 1 }, { _id: 1, a: 1 }, { _id: 1 }],
    [{ "a.b": 1 }, { _id: 1, a: [{ b: 1, c: 2 }, 5, { c: 3 }] }, { _id: 1, a: [{ b: 1 }, {}] }],
    [{ "a.b": 0 }, { _id: 1, a: [{ b: 1, c: 2 }, 5] }, { _id: 1, a: [{ c: 2 }, 5] }],
    [{ a: { b: 1 } }, { _id: 1, a: { b: 1, c: 2 } }, { _id: 1, a: { b: 1 } }],
    [
      { x: "$a", y: { $add: ["$a", 1] } },
      { _id: 1, a: 1 },
      { _id: 1, x: 1, y: 2 },
    ],
    [{ x: "text" }, { _id: 1 }, { _id: 1, x: "text" }],
    [{ now: "$$NOW" }, { _id: 1 }, { _id: 1, now: context.now }],
    [{ x: "$missing" }, { _id: 1 }, { _id: 1 }],
    [{ a: { $slice: -1 } }, { _id: 1, a: [1, 2], b: 3 }, { _id: 1, a: [2], b: 3 }],
    [
      { a: { $slice: [1, 1] }, b: 1 },
      { _id: 1, a: [1, 2, 3], b: 3, c: 4 },
      { _id: 1, a: [2], b: 3 },
    ],
    [
      { a: { $elemMatch: { b: 2 } } },
      { _id: 1, a: [{ b: 1 }, { b: 2 }], c: 1 },
      { _id: 1, a: [{ b: 2 }] },
    ],
    [{ a: { $elemMatch: { b: 9 } } }, { _id: 1, a: [{ b: 1 }] }, { _id: 1 }],
  ])("%j of %j is %j", (spec, document, expected) =>
    expect(project(spec, document)).toEqual(doc(expected)),
  );

  it("keeps the document's order of fields and puts computed ones last", () => {
    expect(Object.keys(project({ c: 1, x: "$a", a: 1 }, { _id: 1, a: 1, c: 2 }))).toEqual([
      "_id",
      "a",
      "c",
      "x",
    ]);
  });

  it("the positional $ is the element the filter matched", () => {
    expect(project({ "a.$": 1 }, { _id: 1, a: [1, 2], b: 1 }, 1)).toEqual(doc({ _id: 1, a: [2] }));
    expect(codeOf(() => project({ "a.$": 1 }, { a: [1] }))).toBe(51246);
  });

  it.each<[Fields, number]>([
    [{ a: 1, b: 0 }, 31254],
    [{ a: 0, b: 1 }, 31253],
    [{ a: 0, b: "$c" }, 31252],
    [{ a: 1, "a.b": 1 }, 31249],
    [{ "a.b": 1, a: 1 }, 31250],
    [{ a: {} }, 51270],
    [{ a: { $meta: "textScore" } }, 238],
    [{ a: { $nothing: 1 } }, 168],
  ])("%j is refused with error %i", (spec, code) =>
    expect(codeOf(() => project(spec, {}))).toBe(code),
  );
});

describe("a sort", () => {
  const sorted = (spec: Fields, values: unknown[]) =>
    docs(values.map((v, n) => (v === undefined ? { n } : { n, v })))
      .sort(compileSort(doc(spec)))
      .map(({ n }) => Number(String(n)));

  it("takes an array by its least element going up and its greatest going down", () => {
    const values = [[5, 1], 2, [3]];
    expect(sorted({ v: 1 }, values)).toEqual([0, 1, 2]);
    expect(sorted({ v: -1 }, values)).toEqual([0, 2, 1]);
  });

  it("has an empty array before null, and missing as null", () => {
    expect(sorted({ v: 1, n: 1 }, [0, null, undefined, []])).toEqual([3, 1, 2, 0]);
  });

  it("goes by several keys in their order", () => {
    expect(sorted({ v: -1, n: -1 }, [1, 2, 1])).toEqual([1, 2, 0]);
  });

  it.each([[{ a: 2 }], [{ a: "x" }]])("refuses %j", (spec) =>
    expect(codeOf(() => compileSort(doc(spec)))).toBe(15975),
  );
});
