import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { hasRepeatedKey } from "../../lib/http/repeated-key.ts";

const found = (text: string): boolean => hasRepeatedKey(text, JSON.parse(text));

describe("a repeated key", () => {
  it.each([
    '{"a":1,"a":2}',
    '{"a":1,"b":{"c":1,"c":1}}',
    '[{"a":1},{"a":1,"a":1}]',
    '{"a":1, "\\u0061" : 2}',
  ])("is found in %s", (text) => expect(found(text)).toBe(true));

  it.each([
    '{"a":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\"b\\":\\"c\\":"}',
    '{"":":"}',
    '"a:"',
    "[]",
  ])("is not found in %s", (text) => expect(found(text)).toBe(false));

  it("is never found where there is none, and always where there is one", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (object, key) => {
        const text = JSON.stringify(object, null, 1);
        expect(found(text)).toBe(false);
        const twice = `{${JSON.stringify(key)}:${text},${JSON.stringify(key)}:0}`;
        expect(found(twice)).toBe(true);
      }),
    );
  });

  it("is looked for in 1 MiB within a second, however deep", () => {
    const deep = 100_000;
    const text = `${'{"a":['.repeat(deep)}"${"\\\\".repeat(100_000)}"${"]}".repeat(deep)}`;
    const startedAt = performance.now();
    expect(hasRepeatedKey(text, JSON.parse(JSON.stringify({ a: "x".repeat(1_000_000) })))).toBe(
      true,
    );
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
