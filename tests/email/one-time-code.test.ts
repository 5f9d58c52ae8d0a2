import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import { type CodePurpose, oneTimeCodes } from "../../lib/email/one-time-code.ts";
import { derivedKeys } from "../../lib/security/derived-key.ts";
import { parseToken } from "../../lib/security/token.ts";

const account = ObjectId.createFromHexString("65a000000000000000000001");
const codes = oneTimeCodes(derivedKeys(async () => "the secret of the tests, long enough"));

describe("a one-time code", () => {
  // Computed with another language's HKDF and HMAC: every code on its way depends on them.
  it.each<[CodePurpose, string]>([
    ["verification", "146ed2570312a7388cfbf8f8d0538376c5b8400d847f4297cc80a0584a59d589"],
    ["passwordReset", "7913d63b8f7574f059a6a26f96154014ef5d3a551f375ff134ef23ae4f706e43"],
  ])("for %s is stored as it was for ever", async (purpose, hash) => {
    expect(await codes.hash(purpose, account, "012345")).toBe(hash);
  });

  it("has another hash for another account", async () => {
    const hash = await codes.hash("verification", account, "012345");
    expect(await codes.hash("verification", new ObjectId(), "012345")).not.toBe(hash);
  });

  it("has another hash under another secret", async () => {
    const others = oneTimeCodes(derivedKeys(async () => "another secret, long enough as well"));
    const hash = await codes.hash("verification", account, "012345");
    expect(await others.hash("verification", account, "012345")).not.toBe(hash);
  });

  it("to type has six digits, leading zeros among them", () => {
    const made = Array.from({ length: 2_000 }, () => codes.make("verification", account));
    for (const code of made) expect(code).toMatch(/^\d{6}$/);
    expect(made.some((code) => code.startsWith("0"))).toBe(true);
    expect(new Set(made).size).toBeGreaterThan(1_900);
  });

  it("for a link is a token of the account with 192 bits of chance", () => {
    const token = codes.make("passwordReset", account);
    expect(parseToken("reset", token)).toMatchObject({ accountId: account.toHexString() });
    expect(codes.make("passwordReset", account)).not.toBe(token);
  });
});
