import { describe, expect, it } from "@jest/globals";
import type { PipelineWrite } from "../../../../tools/local/mongo/context.ts";
import { compilePipeline, splitLeading } from "../../../../tools/local/mongo/pipeline.ts";
import type { Doc } from "../../../../tools/local/mongo/values/codec.ts";
import { codeOf, context, doc, docs } from "./documents.ts";

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

describe("$lookup by equality", () => {
  it("asks for the matching documents only, so that an index can serve it", () => {
    reads.length = 0;
    run(
      [{ $lookup: { from: "people", localField: "id", foreignField: "_id", as: "p" } }],
      [{ id: 2 }],
    );
    expect(reads).toEqual(docs([{ _id: { $eq: 2 } }]));
  });
});

describe("$merge", () => {
  const merged = (spec: unknown, input: Fields, existing: Fields) => {
    const results: unknown[] = [];
    run([{ $merge: spec }], [input], (stage) => {
      if (stage.kind !== "merge") return;
      for (const write of stage.docs)
        results.push(write.filter, write.update(doc(existing)), write.insert());
    });
    return results;
  };

  it.each<[unknown, Fields]>([
    ["t", { _id: 1, old: 1, x: 2 }],
    [
      { into: "t", whenMatched: "replace" },
      { _id: 1, x: 2 },
    ],
    [
      { into: "t", whenMatched: "keepExisting" },
      { _id: 1, old: 1, x: 1 },
    ],
    [
      { into: "t", whenMatched: [{ $set: { sum: { $add: ["$x", "$$new.x"] } } }] },
      { _id: 1, old: 1, x: 1, sum: 3 },
    ],
    [
      { into: "t", let: { y: "$x" }, whenMatched: [{ $set: { y: "$$y" } }] },
      { _id: 1, old: 1, x: 1, y: 2 },
    ],
  ])("%j", (spec, after) =>
    expect(merged(spec, { _id: 1, x: 2 }, { _id: 1, old: 1, x: 1 })).toEqual([
      doc({ _id: { $eq: 1 } }),
      doc(after),
      doc({ _id: 1, x: 2 }),
    ]),
  );

  it.each<[unknown, number]>([
    [{ into: "t", whenMatched: "fail" }, 11000],
    [{ into: "t", whenNotMatched: "fail" }, 13113],
    [{ into: "t", on: "k" }, 51132],
    [{ into: "t", whenMatched: "nothing" }, 2],
    [{ into: "t", nothing: 1 }, 40415],
  ])("%j is refused with error %i", (spec, code) =>
    expect(codeOf(() => merged(spec, { _id: 1 }, { _id: 1 }))).toBe(code),
  );
});

describe("splitLeading", () => {
  it("gives what an index can serve and keeps the rest", () => {
    const stages = docs([
      { $match: { a: 1 } },
      { $match: { b: 1 } },
      { $sort: { c: 1 } },
      { $limit: 5 },
      { $count: "n" },
    ]);
    expect(splitLeading(stages)).toEqual({
      filter: doc({ $and: [{ a: 1 }, { b: 1 }] }),
      sort: doc({ c: 1 }),
      limit: 5,
      rest: docs([{ $count: "n" }]),
    });
  });

  it("takes nothing out of order", () => {
    const stages = docs([{ $limit: 5 }, { $match: { a: 1 } }]);
    expect(splitLeading(stages)).toEqual({ limit: 5, rest: stages.slice(1) });
  });
});
