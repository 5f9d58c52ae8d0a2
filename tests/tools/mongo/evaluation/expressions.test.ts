import { describe, expect, it } from "@jest/globals";
import { Decimal128, Double, Int32, Long } from "bson";
import { branch, context, evaluate, value } from "./documents.ts";

type Fields = Record<string, unknown>;

const long = (n: number) => Long.fromNumber(n);
const decimal = (text: string) => Decimal128.fromString(text);
const at = (text: string) => new Date(text);

describe("arithmetic keeps MongoDB's types", () => {
  it.each<[unknown, unknown]>([
    [{ $add: [1, 2] }, 3],
    [{ $add: [1, 2147483647] }, long(2147483648)],
    [{ $add: [1, long(1)] }, long(2)],
    [{ $add: [1, new Double(1)] }, new Double(2)],
    [{ $add: [Long.MAX_VALUE, 1] }, new Double(2 ** 63)],
    [{ $add: [decimal("0.1"), decimal("0.2")] }, decimal("0.3")],
    [{ $add: [at("2026-01-01"), 1.5] }, at("2026-01-01T00:00:00.002Z")],
    [{ $add: [1, null] }, null],
    [{ $subtract: [at("2026-01-02"), at("2026-01-01")] }, long(86_400_000)],
    [{ $subtract: [at("2026-01-02"), 86_400_000] }, at("2026-01-01")],
    [{ $multiply: [65536, 65536] }, long(4294967296)],
    [{ $multiply: [decimal("1.5"), 2] }, decimal("3.0")],
    [{ $divide: [6, 3] }, new Double(2)],
    [{ $divide: [decimal("1"), decimal("8")] }, decimal("0.125")],
    [{ $mod: [-7, 3] }, -1],
    [{ $mod: [7.5, 2] }, 1.5],
    [{ $abs: -5 }, 5],
    [{ $abs: new Int32(-2147483648) }, long(2147483648)],
    [{ $ceil: 1.2 }, new Double(2)],
    [{ $floor: decimal("-1.2") }, decimal("-2")],
    [{ $round: [2.5, 0] }, new Double(2)],
    [{ $round: [19.25, 1] }, 19.2],
    [{ $round: [1234, -2] }, 1200],
    [{ $trunc: [-1.77, 1] }, -1.7],
    [{ $pow: [2, 31] }, long(2147483648)],
    [{ $pow: [2, -1] }, 0.5],
    [{ $sqrt: 16 }, new Double(4)],
    [{ $log: [8, 2] }, new Double(3)],
    [{ $bitAnd: [6, 3] }, 2],
    [{ $bitNot: 0 }, -1],
    [{ $sum: [1, 2.5, "x"] }, 3.5],
    [{ $sum: [0.1, 0.2, 0.3] }, 0.6],
    [{ $avg: [1, 2] }, 1.5],
    [{ $max: [1, "a", null] }, "a"],
    [{ $stdDevPop: [[2, 4]] }, new Double(1)],
    [{ $median: { input: [1, 2, 9], method: "approximate" } }, new Double(2)],
  ])("%j is %j", (expression, expected) => expect(evaluate(expression)).toEqual(value(expected)));
});

describe("fields and variables", () => {
  it.each<[unknown, Fields, unknown]>([
    ["$a.b", { a: { b: 1 } }, 1],
    ["$a.b", { a: [{ b: 1 }, { c: 1 }, 5, { b: 2 }] }, [1, 2]],
    [["$missing", 1], {}, [null, 1]],
    [{ a: "$missing", b: 1 }, {}, { b: 1 }],
    ["$$ROOT.a", { a: 1 }, 1],
    ["$$NOW", {}, context.now],
    [{ $let: { vars: { x: 1, y: "$a" }, in: { $add: ["$$x", "$$y"] } } }, { a: 2 }, 3],
    [{ $map: { input: [1, 2], as: "n", in: { $multiply: ["$$n", "$a"] } } }, { a: 2 }, [2, 4]],
    [{ $filter: { input: [1, 2, 3], cond: { $gte: ["$$this", 2] }, limit: 1 } }, {}, [2]],
    [
      { $reduce: { input: ["a", "b"], initialValue: "", in: { $concat: ["$$value", "$$this"] } } },
      {},
      "ab",
    ],
    [
      {
        $map: {
          input: "$a",
          as: "x",
          in: { $map: { input: "$$x", as: "y", in: { $add: ["$$y", { $size: "$$x" }] } } },
        },
      },
      { a: [[1], [1, 2]] },
      [[2], [3, 4]],
    ],
    [{ $literal: { $add: [1, "$a"] } }, {}, { $add: [1, "$a"] }],
    [{ $getField: "a.b" }, { "a.b": 1 }, 1],
    [
      { $setField: { field: { $literal: "$x" }, input: "$$ROOT", value: 1 } },
      { a: 1 },
      { a: 1, $x: 1 },
    ],
    [{ $unsetField: { field: "a", input: "$$ROOT" } }, { a: 1, b: 2 }, { b: 2 }],
  ])("%j of %j is %j", (expression, document, expected) =>
    expect(evaluate(expression, document)).toEqual(value(expected)),
  );

  it.each(["$toString", "$constructor.name", "$$REMOVE", "$a.__proto__"])("%s is missing", (path) =>
    expect(evaluate(path, { a: {} })).toBeUndefined(),
  );
});

describe("conditions", () => {
  it.each<[unknown, unknown]>([
    [{ $gt: ["a", 5] }, true],
    [{ $gt: [at("2026-01-01"), 5] }, true],
    [{ $gt: [null, "$missing"] }, true],
    [{ $eq: [1, new Double(1)] }, true],
    [{ $cmp: [1, 2] }, -1],
    [{ $and: [1, "x", []] }, true],
    [{ $and: [] }, true],
    [{ $or: [] }, false],
    [{ $not: [0] }, true],
    [{ $cond: [{ $eq: [1, 2] }, "a", "b"] }, "b"],
    [{ $cond: [true, 1, { $divide: [1, 0] }] }, 1],
    [{ $ifNull: ["$missing", null, 3] }, 3],
    [
      {
        $switch: {
          branches: [branch(false, 1), branch(true, 2)],
        },
      },
      2,
    ],
    [{ $and: [false, { $divide: [1, "$missing"] }] }, false],
  ])("%j is %j", (expression, expected) => expect(evaluate(expression)).toEqual(value(expected)));
});

describe("arrays, sets and objects", () => {
  it.each<[unknown, unknown]>([
    [{ $arrayElemAt: [[1, 2], -1] }, 2],
    [{ $first: [[1, 2]] }, 1],
    [{ $lastN: { n: 2, input: [1, 2, 3] } }, [2, 3]],
    [{ $maxN: { n: 2, input: [1, null, 3, 2] } }, [3, 2]],
    [{ $in: [1.0, [1, 2]] }, true],
    [{ $concatArrays: [[1], [2]] }, [1, 2]],
    [{ $concatArrays: [[1], null] }, null],
    [{ $slice: [[1, 2, 3], 1, 1] }, [2]],
    [{ $slice: [[1, 2, 3], -5, 4] }, [1, 2, 3]],
    [{ $range: [3, 0, -2] }, [3, 1]],
    [{ $indexOfArray: [[1, 2, 1], 1, 1] }, 2],
    [
      { $zip: { inputs: [[1, 2], ["a"]], useLongestLength: true, defaults: [0, "z"] } },
      [
        [1, "a"],
        [2, "z"],
      ],
    ],
    [{ $reverseArray: [[1, 2]] }, [2, 1]],
    [{ $sortArray: { input: [{ a: 2 }, { a: 1 }], sortBy: { a: 1 } } }, [{ a: 1 }, { a: 2 }]],
    [
      {
        $arrayToObject: [
          [
            ["a", 1],
            ["b", 2],
          ],
        ],
      },
      { a: 1, b: 2 },
    ],
    [{ $objectToArray: { a: 1 } }, [{ k: "a", v: 1 }]],
    [{ $mergeObjects: [{ a: 1, b: 1 }, null, { b: 2 }] }, { a: 1, b: 2 }],
    [
      {
        $setUnion: [
          [2, 1],
          [1.0, 3],
        ],
      },
      [1, 2, 3],
    ],
    [
      {
        $setIntersection: [
          [1, 2],
          [2, 3],
        ],
      },
      [2],
    ],
    [{ $setDifference: [[1, 2], [2]] }, [1]],
    [
      {
        $setEquals: [
          [1, 1, 2],
          [2, 1],
        ],
      },
      true,
    ],
    [{ $setIsSubset: [[1], [1, 2]] }, true],
    [{ $size: [[1, 2]] }, 2],
    [{ $isArray: [[1]] }, true],
  ])("%j is %j", (expression, expected) => expect(evaluate(expression)).toEqual(value(expected)));
});
