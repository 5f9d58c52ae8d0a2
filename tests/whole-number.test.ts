import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { issueText } from "../lib/issue-text.ts";
import { wholeNumber } from "../lib/whole-number.ts";

const read = (text: string) => wholeNumber(1, 100).safeParse(text, { error: issueText });
const told = (text: string) => read(text).error?.issues[0]?.message;

describe("a whole number in an address", () => {
  it("is read from its digits", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (number) => {
        expect(read(String(number)).data).toBe(number);
      }),
    );
  });

  it.each(["0x10", "1e1", " 5", "5 ", "+5", "-5", "5.0", "", "٣", "12345678"])(
    "is not %j",
    (text) => expect(told(text)).toBe("must be a whole number"),
  );

  it.each([
    ["0", "must be at least 1"],
    ["101", "must be at most 100"],
  ])("is within its bounds: %s", (text, message) => expect(told(text)).toBe(message));
});
