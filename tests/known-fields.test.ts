import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import * as z from "zod";
import { objectId } from "../lib/db/bson.ts";
import { parseKnown } from "../lib/known-fields.ts";

const Inner = z.strictObject({ number: z.int(), at: z.date().optional() });
const Stored = z.strictObject({
  _id: objectId,
  inner: Inner,
  list: z.array(Inner),
  named: z.record(z.string(), Inner),
});

const value = {
  _id: new ObjectId(),
  inner: { number: 1, at: new Date(0) },
  list: [{ number: 2 }, { number: 3 }],
  named: { a: { number: 4 } },
};

describe("what a later release has stored", () => {
  it("is read without the fields that are not known, wherever they are, and is not changed itself", () => {
    const later = {
      ...value,
      more: { deep: true },
      inner: { ...value.inner, more: 1 },
      list: [value.list[0], { number: 3, more: [], other: null }],
      named: { a: { number: 4, toString: "x" } },
    };
    const before = structuredClone({ ...later, _id: null });
    expect(parseKnown(Stored, later)).toEqual(value);
    expect({ ...later, _id: null }).toEqual(before);
  });

  it("is refused where anything else is wrong", () => {
    const wrong = { ...value, more: 1, inner: { number: "1" } };
    expect(() => parseKnown(Stored, wrong)).toThrow(/inner/);
  });

  it("ends, touches no prototype, and gives what the schema takes, whatever it is", () => {
    fc.assert(
      fc.property(fc.object({ withNullPrototype: false, maxDepth: 4 }), (more) => {
        const polluted = JSON.parse('{"__proto__": {"polluted": true}}');
        const later = { ...more, ...polluted, ...value, inner: { ...more, ...value.inner } };
        expect(parseKnown(Stored, later)).toEqual(value);
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      }),
    );
  });
});
