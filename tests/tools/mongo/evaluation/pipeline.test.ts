import { describe, expect, it } from "@jest/globals";
import type { PipelineWrite } from "../../../../tools/local/mongo/context.ts";
import { compilePipeline } from "../../../../tools/local/mongo/pipeline.ts";
import { type Doc, encode } from "../../../../tools/local/mongo/values/codec.ts";
import { codeOf, context, docs } from "./documents.ts";

type Fields = Record<string, unknown>;

const people = docs([
  { _id: 1, name: "ann", boss: null, team: "x" },
  { _id: 2, name: "bob", boss: 1, team: "x" },
  { _id: 3, name: "cy", boss: 2, team: "y" },
]);

const reads: (Doc | undefined)[] = [];
const read = (_: string, filter?: Doc): Iterable<Doc> => {
  reads.push(filter);
  if (!filter) return people;
  return compilePipeline([{ $match: filter }], { ...context, read: () => [] })(people);
};

const run = (stages: Fields[], input: Fields[], write?: (stage: PipelineWrite) => void) => [
  ...compilePipeline(docs(stages), { ...context, read, ...(write && { write }) })(docs(input)),
];

describe("a stage", () => {
  const numbers = [{ x: 3 }, { x: 1 }, { x: 2 }];
  it.each<[Fields[], Fields[], Fields[]]>([
    [[{ $match: { x: { $gt: 1 } } }, { $sort: { x: 1 } }], numbers, [{ x: 2 }, { x: 3 }]],
    [[{ $sort: { x: -1 } }, { $skip: 1 }, { $limit: 1 }], numbers, [{ x: 2 }]],
    [[{ $count: "n" }], numbers, [{ n: 3 }]],
    [[{ $count: "n" }], [], []],
    [
      [{ $set: { "a.b": 1 } }],
      [{ a: { c: 2 } }, { a: [{}, 5] }],
      [{ a: { c: 2, b: 1 } }, { a: [{ b: 1 }, { b: 1 }] }],
    ],
    [[{ $set: { a: { b: 1 } } }], [{ a: { c: 2 } }], [{ a: { c: 2, b: 1 } }]],
    [[{ $set: { a: "$$REMOVE" } }], [{ a: 1, b: 2 }], [{ b: 2 }]],
    [[{ $unset: ["a", "b.c"] }], [{ a: 1, b: { c: 1, d: 2 } }], [{ b: { d: 2 } }]],
    [
      [{ $project: { a: 1, _id: 0, s: { $size: "$a" } } }],
      [{ _id: 1, a: [1], b: 1 }],
      [{ a: [1], s: 1 }],
    ],
    [[{ $replaceWith: "$a" }], [{ a: { b: 1 } }], [{ b: 1 }]],
    [[{ $unwind: "$a" }], [{ a: [1, 2] }, { a: 3 }, { a: [] }, {}], [{ a: 1 }, { a: 2 }, { a: 3 }]],
    [
      [{ $unwind: { path: "$a", preserveNullAndEmptyArrays: true } }],
      [{ a: [], b: 1 }, {}],
      [{ b: 1 }, {}],
    ],
    [
      [{ $group: { _id: "$t", n: { $sum: 1 }, m: { $max: "$v" }, l: { $push: "$v" } } }],
      [{ t: 1, v: 1 }, { t: 1.0, v: 2 }, { v: 3 }],
      [
        { _id: 1, n: 2, m: 2, l: [1, 2] },
        { _id: null, n: 1, m: 3, l: [3] },
      ],
    ],
    [
      [{ $group: { _id: null, a: { $avg: "$x" }, f: { $first: "$x" }, s: { $addToSet: "$x" } } }],
      [{ x: 1 }, { x: 2 }, { x: 1 }],
      [{ _id: null, a: 4 / 3, f: 1, s: [1, 2] }],
    ],
    [
      [
        {
          $group: {
            _id: null,
            t: { $topN: { n: 2, sortBy: { x: -1 }, output: "$x" } },
            b: { $bottom: { sortBy: { x: -1 }, output: "$x" } },
            c: { $count: {} },
          },
        },
      ],
      numbers,
      [{ _id: null, t: [3, 2], b: 1, c: 3 }],
    ],
    [
      [{ $sortByCount: "$t" }],
      [{ t: 1 }, { t: 2 }, { t: 2 }],
      [
        { _id: 2, count: 2 },
        { _id: 1, count: 1 },
      ],
    ],
    [
      [{ $bucket: { groupBy: "$x", boundaries: [0, 2], default: "more" } }],
      numbers,
      [
        { _id: 0, count: 1 },
        { _id: "more", count: 2 },
      ],
    ],
    [
      [{ $bucketAuto: { groupBy: "$x", buckets: 3 } }],
      numbers,
      [
        { _id: { min: 1, max: 2 }, count: 1 },
        { _id: { min: 2, max: 3 }, count: 1 },
        { _id: { min: 3, max: 3 }, count: 1 },
      ],
    ],
    [
      [{ $facet: { n: [{ $count: "n" }], top: [{ $sort: { x: -1 } }, { $limit: 1 }] } }],
      numbers,
      [{ n: [{ n: 3 }], top: [{ x: 3 }] }],
    ],
    [
      [{ $redact: { $cond: [{ $eq: ["$level", 9] }, "$$PRUNE", "$$DESCEND"] } }],
      [{ a: { level: 9 }, b: [{ level: 1 }, { level: 9 }] }],
      [{ b: [{ level: 1 }] }],
    ],
    [[{ $documents: [{ x: 1 }] }], numbers, [{ x: 1 }]],
    [
      [
        { $lookup: { from: "people", localField: "id", foreignField: "_id", as: "p" } },
        { $project: { n: "$p.name" } },
      ],
      [{ id: 2 }, { id: [1, 3] }],
      [{ n: ["bob"] }, { n: ["ann", "cy"] }],
    ],
    [
      [
        {
          $lookup: {
            from: "people",
            let: { t: "$t" },
            pipeline: [{ $match: { $expr: { $eq: ["$team", "$$t"] } } }, { $count: "n" }],
            as: "p",
          },
        },
      ],
      [{ t: "x" }, { t: "y" }],
      [
        { t: "x", p: [{ n: 2 }] },
        { t: "y", p: [{ n: 1 }] },
      ],
    ],
    [
      [
        {
          $graphLookup: {
            from: "people",
            startWith: "$boss",
            connectFromField: "boss",
            connectToField: "_id",
            as: "up",
            depthField: "d",
          },
        },
        { $set: { up: "$up.name" } },
      ],
      [{ boss: 2 }],
      [{ boss: 2, up: ["bob", "ann"] }],
    ],
    [
      [
        {
          $unionWith: {
            coll: "people",
            pipeline: [{ $match: { _id: 1 } }, { $project: { name: 1, _id: 0 } }],
          },
        },
      ],
      [{ a: 1 }],
      [{ a: 1 }, { name: "ann" }],
    ],
    [
      [
        {
          $setWindowFields: {
            sortBy: { x: 1 },
            output: {
              total: { $sum: "$x", window: { documents: ["unbounded", "current"] } },
              rank: { $rank: {} },
              near: { $sum: "$x", window: { range: [-1, 1] } },
              before: { $shift: { output: "$x", by: -1, default: 0 } },
            },
          },
        },
      ],
      numbers,
      [
        { x: 1, total: 1, rank: 1, near: 3, before: 0 },
        { x: 2, total: 3, rank: 2, near: 6, before: 1 },
        { x: 3, total: 6, rank: 3, near: 5, before: 2 },
      ],
    ],
  ])("%j", (stages, input, expected) => expect(run(stages, input)).toEqual(docs(expected)));

  it.each<[Fields[], number]>([
    [[{ $nothing: 1 }], 40324],
    [[{}], 40323],
    [[{ $match: 1 }], 15959],
    [[{ $group: {} }], 15955],
    [[{ $group: { _id: 1, a: { $nothing: 1 } } }], 15952],
    [[{ $group: { _id: 1, a: 1 } }], 40234],
    [[{ $project: {} }], 51272],
    [[{ $limit: 0 }], 15958],
    [[{ $sort: {} }], 15976],
    [[{ $unwind: "a" }], 28818],
    [[{ $out: "x" }, { $match: {} }], 40601],
    [[{ $out: "x" }], 72],
    [[{ $densify: {} }], 40324],
    [[{ $lookup: { from: "x", as: "y" } }], 9],
  ])("%j is refused with error %i", (stages, code) =>
    expect(codeOf(() => run(stages, [{}]))).toBe(code),
  );

  it("never changes its input", () => {
    const input = docs([{ _id: 1, a: [{ b: 1 }], c: { d: 1 } }]);
    const before = input.map(encode);
    const stages = docs([
      { $set: { "a.b": 2, "c.d": "$a" } },
      { $unset: "c.d" },
      { $unwind: "$a" },
      { $project: { "a.z": "$c" } },
    ]);
    expect([...compilePipeline(stages, { ...context, read })(input)]).toHaveLength(1);
    expect(input.map(encode)).toEqual(before);
  });
});
