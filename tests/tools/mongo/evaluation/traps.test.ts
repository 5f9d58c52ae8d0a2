import { describe, expect, it } from "@jest/globals";
import { Double, Long } from "bson";
import { compileFilter } from "../../../../tools/local/mongo/filter.ts";
import { compilePipeline } from "../../../../tools/local/mongo/pipeline.ts";
import { compileUpdate } from "../../../../tools/local/mongo/update.ts";
import { encode } from "../../../../tools/local/mongo/values/codec.ts";
import { codeOf, context, doc, docs } from "./documents.ts";

type Fields = Record<string, unknown>;

const through = (stage: Fields, document: Fields) => {
  const [result] = compilePipeline([doc(stage)], { ...context, read: () => [] })([doc(document)]);
  return result;
};

/** Where an evaluator written for JavaScript values silently differs from MongoDB. */
describe("unlike JavaScript, like MongoDB", () => {
  it("a string is greater than a number, a date greater too, null greater than missing", () => {
    const stage = {
      $set: { s: { $gt: ["a", 5] }, d: { $gt: ["$$NOW", 5] }, n: { $gt: [null, "$no"] } },
    };
    expect(through(stage, {})).toEqual({ s: true, d: true, n: true });
  });

  it("Double 1.0 and Int64 stay what they are", () => {
    const given = { a: new Double(1), b: Long.fromNumber(1) };
    expect(through({ $set: { c: "$a", d: "$b" } }, given)).toEqual(
      doc({ ...given, c: given.a, d: given.b }),
    );
  });

  it("Long works in arithmetic", () => {
    expect(
      through({ $set: { a: { $add: ["$a", 1] } } }, { a: Long.fromString("9007199254740993") })?.a,
    ).toEqual(Long.fromString("9007199254740994"));
  });

  it("every expression of a $set sees the stage's input", () => {
    expect(through({ $set: { a: "$b", b: "$a" } }, { a: 1, b: 2 })).toEqual(doc({ a: 2, b: 1 }));
    expect(through({ $set: { "a.x": 9, c: "$a.x" } }, { a: { x: 1 } })).toEqual(
      doc({ a: { x: 9 }, c: 1 }),
    );
  });

  it("an update never changes its input", () => {
    const given = doc({ _id: 1, a: { b: [1] } });
    const before = encode(given);
    compileUpdate(docs([{ $set: { "a.b": { $concatArrays: ["$a.b", [2]] } } }]), context).apply(
      given,
    );
    compileUpdate(doc({ $push: { "a.b": 2 } }), context).apply(given);
    expect(encode(given)).toEqual(before);
  });

  it("a pipeline update gives its result back", () => {
    const update = compileUpdate(docs([{ $set: { n: { $add: ["$n", 1] } } }]), context);
    expect(update.apply(doc({ _id: 1, n: 1 }))).toEqual(doc({ _id: 1, n: 2 }));
  });

  it.each<[string, Fields, Fields, number]>([
    ["$inc on a string", { $inc: { a: 1 } }, { a: "x" }, 14],
    ["$set through a scalar", { $set: { "a.b": 1 } }, { a: 1 }, 28],
  ])("%s is an error", (_, update, document, code) =>
    expect(codeOf(() => compileUpdate(doc(update), context).apply(doc(document)))).toBe(code),
  );

  it("$size of a missing field is an error", () => {
    expect(codeOf(() => through({ $set: { n: { $size: "$no" } } }, {}))).toBe(17124);
  });

  it("the order of fields counts in the equality of documents", () => {
    const filter = compileFilter(doc({ a: { x: 1, y: 2 } }), context);
    expect(filter(doc({ a: { y: 2, x: 1 } }))).toBe(false);
  });

  it("$dateToString takes a time zone", () => {
    const text = {
      $dateToString: { date: "$$NOW", format: "%H:%M", timezone: "America/New_York" },
    };
    expect(through({ $set: { text } }, {})?.text).toBe("00:06");
  });

  it("a refused request of the gate's form leaves the very same document", () => {
    const given = doc({ _id: 1, credits: { left: 0 }, holds: [] });
    const gate = [
      { $set: { t: { ok: { $gte: ["$credits.left", 1] } } } },
      {
        $set: {
          credits: {
            $cond: [
              "$t.ok",
              { $mergeObjects: ["$credits", { left: { $subtract: ["$credits.left", 1] } }] },
              "$credits",
            ],
          },
        },
      },
      { $unset: "t" },
    ];
    expect(compileUpdate(docs(gate), context).apply(given)).toBe(given);
  });
});
