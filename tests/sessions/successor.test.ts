import { describe, expect, it } from "@jest/globals";
import { parseToken } from "../../lib/security/token.ts";
import { isAncestor, successorOf } from "../../lib/sessions/successor.ts";

const ids = { accountId: "65a000000000000000000001", id: "65a0000000000000000000ff" };
const key = Buffer.alloc(32, 7);
const token = "per_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N4BZJWE";

/** The token after `generations` refreshes. */
const tokenAfter = (generations: number): string =>
  generations === 0 ? token : successorOf(key, tokenAfter(generations - 1), ids).refresh.text;

describe("the successor of a refresh token", () => {
  // Computed with another language's HMAC, base 62 and CRC-32: a change would end every session at its next refresh.
  it("is what it was for ever", () => {
    const { session, refresh } = successorOf(key, token, ids);
    expect(session.text).toBe(
      "pes_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRbif50bjFkarxDWZlFsagXGRle8F0gVE441tTsZd",
    );
    expect(refresh.text).toBe(
      "per_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRZAhfUcywNLutRoiyrgKGRzhhOCuQctKVf31Gtsp",
    );
  });

  it("is of the same session, and a token of its kind", () => {
    const { session, refresh } = successorOf(key, token, ids);
    expect(parseToken("session", session.text)).toMatchObject(ids);
    expect(parseToken("refresh", refresh.text)).toMatchObject(ids);
  });

  it("is another under another key", () => {
    const other = successorOf(Buffer.alloc(32, 8), token, ids);
    expect(other.refresh.text).not.toBe(successorOf(key, token, ids).refresh.text);
  });
});

describe("an ancestor", () => {
  const hashAfter = (generations: number) =>
    parseToken("refresh", tokenAfter(generations))?.hash ?? "";

  it.each([1, 2, 50])("is found after %d refreshes", (generations) => {
    expect(isAncestor(key, token, ids, hashAfter(generations))).toBe(true);
  });

  it("is neither the token itself nor one that came later", () => {
    expect(isAncestor(key, token, ids, hashAfter(0))).toBe(false);
    expect(isAncestor(key, tokenAfter(2), ids, hashAfter(1))).toBe(false);
  });
});
