import { createHmac, randomInt } from "node:crypto";
import { ObjectId } from "mongodb";
import type { DerivedKeys } from "../security/derived-key.ts";
import { makeToken } from "../security/token.ts";

/** What a one-time secret is for; its name among the account's codes. */
export type CodePurpose = "verification" | "passwordReset";

/** Makes and hashes one-time secrets. */
export interface OneTimeCodes {
  /** A new secret: six digits to type, or a token for a link. */
  make(purpose: CodePurpose, account: ObjectId): string;
  /** What is stored of a secret: 64 hexadecimal digits, worth nothing for another account or purpose. */
  hash(purpose: CodePurpose, account: ObjectId, secret: string): Promise<string>;
}

/** A million codes fall to a plain hash at once, so the hash is an HMAC under a key that is not in the database. */
export const oneTimeCodes = (keys: DerivedKeys): OneTimeCodes => ({
  make: (purpose, account) =>
    purpose === "verification"
      ? String(randomInt(1_000_000)).padStart(6, "0")
      : makeToken("reset", {
          accountId: account.toHexString(),
          id: new ObjectId().toHexString(),
        }).text,
  hash: async (purpose, account, secret) =>
    createHmac("sha256", await keys("one-time-code"))
      .update(`${purpose}:${account.toHexString()}:${secret}`)
      .digest("hex"),
});
