import { crc32 } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { decodeBase62, encodeBase62 } from "../../lib/security/base62.ts";
import { makeToken, parseToken, type TokenKind } from "../../lib/security/token.ts";

const kinds = [
  "key",
  "session",
  "refresh",
  "reset",
  "staffSession",
  "staffRefresh",
] as const satisfies TokenKind[];
const id = fc
  .uint8Array({ minLength: 12, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));
const secret = fc.uint8Array({ minLength: 24, maxLength: 24 });
const ids = { accountId: "65a000000000000000000001", id: "65a0000000000000000000ff" };

describe("a token", () => {
  // Computed with another language's base 62, CRC-32 and SHA-256: every token in use depends on them.
  it.each<[TokenKind, string, string]>([
    [
      "key",
      "pe_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N1kHCkA",
      "81f315f7836ee5c97b02a268d0baac28a7d99e65caa194ee78e24825bc1603f1",
    ],
    [
      "session",
      "pes_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N1wCIX4",
      "4201fb9e62ede1134423b10454f06dfe899f7a5f00e5d7acd95b03d5c90be6d7",
    ],
    [
      "refresh",
      "per_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N4BZJWE",
      "2898bcc30a05d43dde7a5c9c2a3303cb5f77aabf27c0217a2603a494b0f308b9",
    ],
    [
      "reset",
      "pep_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N0gUvXn",
      "3ca11b6aae30a6b807503376406f11188d10737887e1089c939c22b1fd5078e7",
    ],
    [
      "staffSession",
      "pas_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N0hXt4d",
      "841d13b63eca3031a4f23529eeef8f42ef77404f645f737fb40e18fdeef441a9",
    ],
    [
      "staffRefresh",
      "par_31l6SpCsrkrc71sXoiyGfEZukY4pP2KRYyhMBv6gKcCX3WOtfaCLka96CrTcQxG4N38HC4x",
      "acb8e46050fd300a2d68c6740f0ce4443eed25df864dc05ae2a42261eab2ee93",
    ],
  ])("of kind %s has the form it had for ever", (kind, text, hash) => {
    const made = makeToken(
      kind,
      ids,
      Uint8Array.from({ length: 24 }, (_, index) => index),
    );
    expect(made.text).toBe(text);
    expect(made.hash).toBe(hash);
    expect(parseToken(kind, text)).toEqual({ kind, ...ids, hash: made.hash });
  });

  it("gives back the ids it was made of, and its hash", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), id, id, secret, (kind, accountId, keyId, bytes) => {
        const { text, hash } = makeToken(kind, { accountId, id: keyId }, bytes);
        expect(parseToken(kind, text)).toEqual({ kind, accountId, id: keyId, hash });
      }),
    );
  });

  it("never passes for another kind", () => {
    for (const made of kinds) {
      const { text } = makeToken(made, ids);
      for (const asked of kinds) expect(parseToken(asked, text) !== undefined).toBe(made === asked);
    }
  });

  it("with one character changed, added or left out is refused", () => {
    const { text } = makeToken("key", ids);
    const character = fc.constantFrom(..."0123456789ABCxyz_-é ");
    fc.assert(
      fc.property(fc.nat(text.length - 1), character, (at, put) => {
        fc.pre(text[at] !== put);
        expect(parseToken("key", text.slice(0, at) + put + text.slice(at + 1))).toBeUndefined();
        expect(parseToken("key", text.slice(0, at) + text.slice(at + 1))).toBeUndefined();
        expect(parseToken("key", text.slice(0, at) + put + text.slice(at))).toBeUndefined();
      }),
    );
  });

  it("has one spelling: no zeros before it, and no number beyond it, whatever the checksum says", () => {
    const signed = (start: string): string => {
      const sum = Buffer.alloc(4);
      sum.writeUInt32BE(crc32(start));
      return start + encodeBase62(sum, 6);
    };
    const { text } = makeToken("key", ids);
    const start = text.slice(0, -6);
    expect(signed(start)).toBe(text);
    expect(parseToken("key", signed(start.replace("pe_", "pe_0")))).toBeUndefined();
    expect(parseToken("key", signed(`pe_${"z".repeat(65)}`))).toBeUndefined();
    expect(parseToken("key", signed(`pe_${"-".repeat(65)}`))).toBeUndefined();
  });

  it("is never read out of anything else", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string({ unit: "binary" }), (kind, text) => {
        expect(parseToken(kind, text)).toBeUndefined();
        expect(parseToken(kind, `pe_${text}`)).toBeUndefined();
      }),
    );
  });

  it.each<[string, typeof ids, Uint8Array | undefined, string]>([
    ["of a short secret", ids, new Uint8Array(23), "a secret has 24 bytes"],
    ["of a long secret", ids, new Uint8Array(25), "a secret has 24 bytes"],
    ["of half an id", { ...ids, id: "65a0" }, undefined, "an id has 24 hexadecimal digits"],
  ])("is not made %s", (_, of, bytes, message) => {
    expect(() => makeToken("key", of, bytes)).toThrow(new RangeError(message));
  });

  it("is never made twice", () => {
    const made = new Set(Array.from({ length: 1_000 }, () => makeToken("key", ids).text));
    expect(made.size).toBe(1_000);
  });
});

describe("base 62", () => {
  it("keeps every byte, leading zeros too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const length = Math.ceil((bytes.length * 8) / Math.log2(62));
        const text = encodeBase62(bytes, length);
        expect(text).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`));
        expect(decodeBase62(text, bytes.length)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each(["-", "é", " 1", "_"])("refuses %j, which is no number", (text) => {
    expect(decodeBase62(text, 1)).toBeUndefined();
  });

  it("writes nothing as zeros", () => {
    expect(encodeBase62(new Uint8Array(0), 3)).toBe("000");
  });

  it("refuses a number too large for its bytes", () => {
    expect(decodeBase62("zz", 1)).toBeUndefined();
  });
});
