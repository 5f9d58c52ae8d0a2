import { describe, expect, it } from "@jest/globals";
import { branch, codeOf, evaluate } from "./documents.ts";

const at = (text: string) => new Date(text);

describe("errors have MongoDB's codes", () => {
  it.each<[unknown, number]>([
    [{ $nothing: 1 }, 168],
    ["$$nothing", 17276],
    [{ $add: [1], $subtract: [1, 2] }, 15983],
    [{ $eq: [1] }, 16020],
    [{ $size: "$missing" }, 17124],
    [{ $in: [1, 2] }, 40081],
    [{ $add: ["x", 1] }, 14],
    [{ $add: [at("2026-01-01"), at("2026-01-01")] }, 16612],
    [{ $subtract: ["x", 1] }, 14],
    [{ $divide: [1, 0] }, 2],
    [{ $mod: [1, 0] }, 16610],
    [{ $concat: [1] }, 16702],
    [{ $concatArrays: [1] }, 28664],
    [{ $filter: { input: 1, cond: true } }, 28651],
    [{ $map: { input: 1, in: 1 } }, 16883],
    [{ $reduce: { input: 1, initialValue: 0, in: 0 } }, 40080],
    [{ $mergeObjects: [1] }, 40400],
    [{ $arrayElemAt: [1, 0] }, 28689],
    [{ $toInt: "x" }, 241],
    [{ $toInt: 1e10 }, 241],
    [{ $toObjectId: "x" }, 241],
    [{ $switch: { branches: [branch(false, 1)] } }, 40066],
    [{ $cond: { if: 1, else: 2 } }, 17081],
    [{ $dateToString: { date: "x" } }, 16006],
    [{ $hour: { date: at("2026-01-01"), timezone: "Nowhere/Land" } }, 40485],
    [{ $dateAdd: { startDate: at("2026-01-01"), unit: "day", amount: 0.5 } }, 5166405],
    [{ $map: { input: [1] } }, 9],
    [{ $let: { vars: { X: 1 }, in: 1 } }, 9],
    ["$a..b", 15998],
    [{ $meta: "textScore" }, 238],
  ])("%j is error %i", (expression, code) => expect(codeOf(() => evaluate(expression))).toBe(code));
});
