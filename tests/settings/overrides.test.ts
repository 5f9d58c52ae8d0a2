import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { differences, overridden } from "../../lib/settings/overrides.ts";

const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer()));
const key = fc.constantFrom("a", "b", "c", "__proto__", "constructor");
const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
  tree: fc
    .array(fc.tuple(key, fc.oneof({ maxDepth: 3 }, leaf, tie("tree"))), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
}));

describe("what is stored of settings", () => {
  it("makes of what holds without it what was wanted, whatever both are", () => {
    fc.assert(
      fc.property(tree, tree, (base, wanted) => {
        expect(overridden(base, differences(base, wanted))).toEqual(wanted);
      }),
      { numRuns: 2_000 },
    );
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  it("is nothing if nothing differs", () => {
    fc.assert(fc.property(tree, (base) => expect(differences(base, base)).toEqual({})));
  });

  it.each([
    ["a changed field alone", { a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
    ["that a field is gone", { a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { c: null } }],
    ["a list as a whole", { a: [1, 2] }, { a: [1] }, { a: [1] }],
  ])("is %s", (_, base, wanted, stored) => expect(differences(base, wanted)).toEqual(stored));
});
