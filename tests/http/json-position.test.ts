import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { jsonMistake } from "../../lib/http/json-position.ts";

describe("the position of a mistake in JSON", () => {
  it.each<[string, string, { line: number; column: number }]>([
    ["nothing at all", "", { line: 1, column: 1 }],
    ["a trailing comma", '{"a": 1,}', { line: 1, column: 9 }],
    ["a comment", '{"a": 1 /* one */}', { line: 1, column: 9 }],
    ["a bare word on a later line", '{\n  "a": yes\n}', { line: 2, column: 8 }],
    ["something after the end", '{"a": 1} x', { line: 1, column: 10 }],
  ])("is found for %s", (_, text, position) => {
    expect(jsonMistake(text)).toEqual(position);
  });

  it("is never found in JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(jsonMistake(text)).toBeUndefined();
      }),
    );
  });
});
