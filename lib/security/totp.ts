import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { ObjectId } from "mongodb";
import { Secret, TOTP } from "otpauth";
import type { DerivedKeys } from "./derived-key.ts";

/** RFC 6238 as every authenticator has it: SHA-1, six digits, 30 seconds. */
const period = 30;

/** Steps before and after the present one that are taken, for clocks that differ (RFC 6238, section 5.2). */
const tolerance = 1;

/** Bytes of a seed: as many as HMAC-SHA-1 has (RFC 4226, section 4). */
const seedBytes = 20;

/** Recovery codes, each good for one use in place of the second factor, and bytes of each. */
const recovery = { count: 10, bytes: 10 } as const;

const nonceBytes = 12;
const tagBytes = 16;

const factorOf = (seed: string, label = "") =>
  new TOTP({ issuer: "PromptEnchanter", label, secret: Secret.fromBase32(seed), period });

/** What is to be scanned by an authenticator. It holds the seed. */
export const otpauthUrl = (seed: string, username: string): string =>
  factorOf(seed, username).toString();

/** A new seed, in base 32. */
export const newSeed = (): string => new Secret({ size: seedBytes }).base32;

/**
 * The time step whose code this is, or undefined if it is the code of none near `now`. Each step's
 * code is good for one use: whoever takes it must keep the step, and take none that is not later.
 */
export function stepOf(seed: string, code: string, now: Date): number | undefined {
  const token = code.replaceAll(" ", "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const timestamp = now.getTime();
  const delta = factorOf(seed).validate({ token, timestamp, window: tolerance });
  return delta === null ? undefined : Math.floor(timestamp / 1_000 / period) + delta;
}

/** Seals what a second factor keeps in the database, by whose it is. */
export function totpVault(secretKeys: DerivedKeys) {
  return {
    /** AES-256-GCM, bound to its owner: a seed that is moved to another document opens nothing. */
    seal: async (owner: ObjectId, seed: string): Promise<string> => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", await secretKeys("totp-seed"), nonce);
      cipher.setAAD(owner.id);
      const sealed = Buffer.concat([cipher.update(seed, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
    },

    /** @throws Error if it was sealed for somebody else, under another secret, or is damaged */
    unseal: async (owner: ObjectId, text: string): Promise<string> => {
      const bytes = Buffer.from(text, "base64");
      const nonce = bytes.subarray(0, nonceBytes);
      const options = { authTagLength: tagBytes };
      const key = await secretKeys("totp-seed");
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, options);
      decipher.setAAD(owner.id);
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const sealed = bytes.subarray(nonceBytes + tagBytes);
      return Buffer.concat([decipher.update(sealed), decipher.final()]).toString("utf8");
    },

    /** New recovery codes, and what is stored of them. */
    recoveryCodes: async (owner: ObjectId): Promise<{ texts: string[]; hashes: string[] }> => {
      const texts = Array.from({ length: recovery.count }, () =>
        new Secret({ size: recovery.bytes }).base32.replace(/(.{4})(?=.)/g, "$1-"),
      );
      const key = await secretKeys("recovery-code");
      return { texts, hashes: texts.map((text) => recoveryHash(key, owner, text)) };
    },

    /** What is stored of a recovery code, however it was typed. */
    recoveryHash: async (owner: ObjectId, text: string): Promise<string> =>
      recoveryHash(await secretKeys("recovery-code"), owner, text),
  };
}

export type TotpVault = ReturnType<typeof totpVault>;

const recoveryHash = (key: Buffer, owner: ObjectId, text: string): string =>
  createHmac("sha256", key)
    .update(`${owner.toHexString()}:${text.toUpperCase().replace(/[^A-Z2-7]/g, "")}`)
    .digest("hex");
