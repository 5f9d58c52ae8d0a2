import { describe, expect, it } from "@jest/globals";
import { Int32 } from "bson";
import fc from "fast-check";
import {
  endOfPrefix,
  orderKey,
  typeInterval,
} from "../../../../tools/local/mongo/storage/order-key.ts";
import { parseCollation } from "../../../../tools/local/mongo/values/collation.ts";
import { compare } from "../../../../tools/local/mongo/values/compare.ts";
import { anyValue } from "./arbitraries.ts";

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

describe("the key of an index entry", () => {
  it("orders as MongoDB orders the values, types and exact numbers included", () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(order(orderKey([a]), orderKey([b]))).toBe(compare(a, b));
      }),
      { numRuns: 3000 },
    );
  });

  it("orders several values by the first that differs, each in its direction", () => {
    const direction = fc.constantFrom<1 | -1>(1, -1);
    fc.assert(
      fc.property(
        fc.tuple(anyValue, anyValue),
        fc.tuple(anyValue, anyValue),
        fc.tuple(direction, direction),
        (a, b, directions) => {
          const expected =
            compare(a[0], b[0]) * directions[0] || compare(a[1], b[1]) * directions[1];
          expect(order(orderKey(a, directions), orderKey(b, directions))).toBe(expected + 0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("stands, for every continuation, between its beginning and the end of that beginning", () => {
    fc.assert(
      fc.property(anyValue, anyValue, fc.constantFrom<1 | -1>(1, -1), (a, b, direction) => {
        const start = orderKey([a], [1]);
        const key = orderKey([a, b], [1, direction]);
        expect(key >= start && key < start + endOfPrefix).toBe(true);
      }),
    );
  });

  it("lies inside the interval of its type", () => {
    fc.assert(
      fc.property(anyValue, fc.constantFrom<1 | -1>(1, -1), (value, direction) => {
        const { from, to } = typeInterval(value, direction);
        const key = orderKey([value], [direction]);
        expect(key >= from && key < to).toBe(true);
      }),
    );
  });

  it("puts an empty array's mark before null", () => {
    expect(orderKey([undefined]) < orderKey([null])).toBe(true);
  });

  it("is one for strings that are equal under the collation, and two for others", () => {
    const collation = parseCollation({ locale: "en", strength: new Int32(2) });
    expect(orderKey(["Ann@X.org"], [], collation)).toBe(orderKey(["ann@x.ORG"], [], collation));
    expect(orderKey(["ann"], [], collation)).not.toBe(orderKey(["án"], [], collation));
  });

  it("is flat text of one byte a character, as compact as its values", () => {
    expect(orderKey([new Int32(7)])).toHaveLength(10);
    expect(orderKey(["x".repeat(5000)])).toHaveLength(5002);
  });
});
