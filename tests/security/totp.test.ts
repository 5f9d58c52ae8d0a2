import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import { derivedKeys } from "../../lib/security/derived-key.ts";
import { newSeed, stepOf, totpVault } from "../../lib/security/totp.ts";

const secret = "the server's secret, long enough";
const vault = totpVault(derivedKeys(async () => secret));
const owner = new ObjectId("65a000000000000000000001");

/** RFC 6238's own, in base 32. */
const rfcSeed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

describe("a code", () => {
  // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_111_111_111, "050471"],
    [1_234_567_890, "005924"],
    [2_000_000_000, "279037"],
    [20_000_000_000, "353130"],
  ])("at %d s is the one of RFC 6238", (seconds, code) => {
    const now = new Date(seconds * 1_000);
    expect(stepOf(rfcSeed, code, now)).toBe(Math.floor(seconds / 30));
    expect(stepOf(rfcSeed, `${code.slice(0, 3)} ${code.slice(3)}`, now)).toBeDefined();
  });

  it("is nothing but six digits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!/^\d{6}$/.test(text.replaceAll(" ", "")));
        expect(stepOf(rfcSeed, text, new Date(59_000))).toBeUndefined();
      }),
    );
  });
});

describe("a sealed seed", () => {
  it("is what was sealed, for its owner only, and never the same twice", async () => {
    const seed = newSeed();
    const [one, other] = [await vault.seal(owner, seed), await vault.seal(owner, seed)];
    expect(one).not.toBe(other);
    expect(await vault.unseal(owner, one)).toBe(seed);
    await expect(vault.unseal(new ObjectId(), one)).rejects.toThrow();
    const elsewhere = totpVault(derivedKeys(async () => `${secret}!`));
    await expect(elsewhere.unseal(owner, one)).rejects.toThrow();
  });

  it("with any byte changed is refused", async () => {
    const sealed = Buffer.from(await vault.seal(owner, newSeed()), "base64");
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(vault.unseal(owner, changed.toString("base64"))).rejects.toThrow();
    }
    await expect(vault.unseal(owner, "")).rejects.toThrow();
    await expect(vault.unseal(owner, sealed.subarray(0, 20).toString("base64"))).rejects.toThrow();
  });

  // Made once with another implementation: seeds in use depend on it.
  it("has the form it had for ever", async () => {
    const sealed =
      "AAECAwQFBgcICQoLwdacN7iIiwc54xtjWfpr9kpJLXJlvTSRH4xrh0Lo4jStOzrltJt/NF2JmYMui+js";
    expect(await vault.unseal(owner, sealed)).toBe(rfcSeed);
  });
});

describe("recovery codes", () => {
  it("are ten of 80 bits, stored as what is worth nothing for another owner", async () => {
    const { texts, hashes } = await vault.recoveryCodes(owner);
    for (const text of texts) expect(text).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
    expect(new Set(texts).size).toBe(10);
    const [text = ""] = texts;
    expect(await vault.recoveryHash(owner, text)).toBe(hashes[0]);
    expect(await vault.recoveryHash(owner, ` ${text.toLowerCase().replaceAll("-", "")} `)).toBe(
      hashes[0],
    );
    expect(await vault.recoveryHash(new ObjectId(), text)).not.toBe(hashes[0]);
  });

  // Computed with another language's HKDF and HMAC: codes in use depend on it.
  it("are stored as they were for ever", async () => {
    expect(await vault.recoveryHash(owner, "ABCD-EFGH-IJKL-MNOP")).toBe(
      "3b668beb7f7d33e5b800faad5a249677222eef18d57d5ad4af5830c54b9176fe",
    );
  });
});
