import { expect, it } from "@jest/globals";
import { derivedKey, derivedKeys } from "../../lib/security/derived-key.ts";

const secret = "the server's secret, long enough";

it("a derived key is HKDF-SHA-256 of secret and purpose (golden vectors)", () => {
  expect(derivedKey(secret, "one-time-code").toString("hex")).toBe(
    "32a7d48265fa5f41008daa31bd7f29dd234866356849e6b12cfb904dea8b86ab",
  );
  expect(derivedKey(secret, "refresh-successor").toString("hex")).toBe(
    "36bad3b8420d8c6969a306a72ec3302146af9934a3fc2682d770f324bcbeb695",
  );
});

it.each(["", "changeme", "x".repeat(31)])(
  "no key comes from the short secret %p",
  async (short) => {
    const keys = derivedKeys(async () => short);
    await expect(keys("one-time-code")).rejects.toThrow("fewer than 32 characters");
  },
);

it("the secret is read once, and again after a failure", async () => {
  let reads = 0;
  const keys = derivedKeys(async () => {
    reads += 1;
    if (reads === 1) throw new Error("no answer");
    return secret;
  });
  await expect(keys("one-time-code")).rejects.toThrow("no answer");
  const [one, other] = await Promise.all([keys("one-time-code"), keys("refresh-successor")]);
  expect(one.equals(other)).toBe(false);
  expect(reads).toBe(2);
});
