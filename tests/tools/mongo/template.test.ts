import { describe, expect, it } from "@jest/globals";
import { serialize } from "bson";
import fc from "fast-check";
import { updateOf } from "../../../tools/local/mongo/commands/update-argument.ts";
import { compileUpdate } from "../../../tools/local/mongo/update.ts";
import {
  type Doc,
  decode,
  decodeStatement,
  encode,
  type Value,
} from "../../../tools/local/mongo/values/codec.ts";
import { outline, Pipeline } from "../../../tools/local/mongo/values/template.ts";
import { embeddedServer } from "../../support/embedded.ts";
import { codeOf, context, doc } from "./evaluation/documents.ts";
import { anyValue } from "./storage/arbitraries.ts";

const server = await embeddedServer();

type Stages = Record<string, unknown>[];

const bytesOf = (update: unknown): Buffer => Buffer.from(serialize({ u: update }));

/** An update as it comes over the wire, and the same without templates. */
const fromWire = (update: unknown) =>
  updateOf(decodeStatement(bytesOf(update), "u").u ?? null, "u");
const plain = (update: unknown) => updateOf(decode(bytesOf(update)).u ?? null, "u");

const apply = (update: ReturnType<typeof plain>, before: Doc, now = context.now) =>
  encode(compileUpdate(update, { now }).apply(before));

const outlineOf = (stages: unknown): string | undefined => {
  const array = Buffer.from(serialize({ a: stages })).subarray(7, -1);
  return outline(array, 0, array.length)?.key;
};

const literal = anyValue.map((value): { $literal: Value } => ({ $literal: value }));
const expression = fc.oneof(
  literal,
  fc.constantFrom<unknown>("$a", "$b.c", "$$NOW", 1, true),
  fc.tuple(literal, literal).map((pair) => ({ $eq: pair })),
  literal.map((one) => ({ $cond: [{ $eq: ["$a", one] }, one, { x: one, list: [one] }] })),
  literal.map((one) => ({ $map: { input: [one, "$a"], as: "it", in: ["$$it", one] } })),
);
const stages = fc.array(
  fc
    .array(fc.tuple(fc.constantFrom("a", "b", "17", "2"), expression), {
      minLength: 1,
      maxLength: 3,
    })
    .map((fields) => ({ $set: Object.fromEntries(fields) })),
  { minLength: 1, maxLength: 3 },
);

describe("the pipeline of an update", () => {
  it("does what it does without a template, whatever its literals", () => {
    const before = doc({ _id: 1, a: 1, b: { c: "x" } });
    fc.assert(
      fc.property(stages, (update) => {
        const expected = apply(plain(update), before);
        expect(apply(fromWire(update), before)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it("has its own literals and its own time each time it runs", () => {
    const set = (value: string): Stages => [{ $set: { v: { $literal: value }, at: "$$NOW" } }];
    const [first, second] = [fromWire(set("one")), fromWire(set("two"))];
    expect(first).toBeInstanceOf(Pipeline);
    expect((first as Pipeline).template).toBe((second as Pipeline).template);
    const [early, late] = [new Date(1_000), new Date(2_000)];
    const one = compileUpdate(first, { now: early }).apply(doc({ _id: 1 }));
    const two = compileUpdate(second, { now: late }).apply(doc({ _id: 2 }));
    expect(one).toEqual({ _id: one._id, v: "one", at: early });
    expect(two).toEqual({ _id: two._id, v: "two", at: late });
  });

  it("is refused like one without a template", () => {
    const update: Stages = [{ $set: { v: { $nonsense: { $literal: 1 } } } }];
    const code = codeOf(() => compileUpdate(plain(update), context));
    expect(code).toBe(168);
    expect(codeOf(() => compileUpdate(fromWire(update), context))).toBe(code);
  });

  it("may need its literals to compile", () => {
    const update: Stages = [
      {
        $set: {
          v: { $getField: { field: { $literal: "$price" }, input: { $literal: { $price: 3 } } } },
        },
      },
    ];
    const before = doc({ _id: 1 });
    expect(apply(fromWire(update), before)).toEqual(apply(plain(update), before));
  });

  it("shares nothing with one that differs outside its literals", () => {
    fc.assert(
      fc.property(stages, stages, (one, other) => {
        if (Buffer.compare(bytesOf(one), bytesOf(other)) === 0) return;
        const without = (text: string) => text.replace(/"\$literal":.*/s, "");
        if (without(JSON.stringify(one)) === without(JSON.stringify(other))) return;
        const [a, b] = [outlineOf(one), outlineOf(other)];
        expect(a === undefined || a !== b).toBe(true);
      }),
    );
  });

  it("shares nothing with one whose lengths are wrong, though the same in all", () => {
    const set = (a: string, b: string) => [
      { $set: { a: { $literal: a } } },
      { $set: { b: { $literal: b } } },
    ];
    const arrayOf = (update: unknown) => Buffer.from(serialize({ a: update })).subarray(7, -1);
    const [right, wrong] = [arrayOf(set("xx", "y")), arrayOf(set("x", "yy"))];
    for (const name of ["0", "1", "a", "b"]) {
      // The lengths of the documents around the literals, from the one put into the other.
      const [from, to] = [right, wrong].map((bytes) => bytes.indexOf(`\x03${name}\0`) + 3) as [
        number,
        number,
      ];
      for (const inside of name < "a" ? [0, 10] : [0])
        right.copy(wrong, to + inside, from + inside, from + inside + 4);
    }
    const outlines = [right, wrong].map((bytes) => outline(bytes, 0, bytes.length));
    expect(outlines[0]?.literals).toHaveLength(2);
    expect(outlines[1]?.key).not.toBe(outlines[0]?.key);
  });

  it("is not taken for one with text that looks like a literal", () => {
    const set = (tail: string) => [{ $set: { v: `x\u0002$literal\0\u0002\0\0\0${tail}\0` } }];
    expect(outlineOf(set("a"))).not.toBe(outlineOf(set("b")));
  });
});

describe("an array that only looks like an update's pipeline", () => {
  it.each(["u", "update", "updateMods"])("is stored as it is under the name %s", async (name) => {
    const collection = server.db.collection<{ _id: string; [field: string]: unknown }>("data");
    const document = { _id: name, [name]: [{ $set: { a: { $literal: "x" } } }] };
    await collection.insertMany([document]);
    expect(await collection.findOne({ _id: name })).toEqual(document);
  });
});
