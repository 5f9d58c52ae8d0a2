import { ObjectId } from "mongodb";
import type { StoredKey } from "../accounts/document.ts";
import { makeToken } from "../security/token.ts";

interface KeyFacts {
  accountId: ObjectId;
  /** The database's time, as it came with the account. */
  now: Date;
  name: string;
  scopes: StoredKey["scopes"];
  expiresAt?: Date | undefined;
  allow?: StoredKey["allow"] | undefined;
  /** Credits that may be spent with it, in all. */
  creditLimit?: number | undefined;
}

/** A new API key: what is stored of it, and its text, which is shown once and kept nowhere. */
export function newKey(facts: KeyFacts): { stored: StoredKey; text: string } {
  const id = new ObjectId();
  const { text, hash } = makeToken("key", {
    accountId: facts.accountId.toHexString(),
    id: id.toHexString(),
  });
  const { expiresAt, allow, creditLimit } = facts;
  return {
    stored: {
      id,
      name: facts.name,
      masked: masked(text),
      scopes: facts.scopes,
      secrets: [{ hash }],
      createdAt: facts.now,
      ...(expiresAt && { expiresAt }),
      ...(allow && { allow }),
      ...(creditLimit !== undefined && { cap: { limit: creditLimit, used: 0 } }),
    },
    text,
  };
}

/** Enough of a key to tell it from others, and nothing of use: ids stand at its beginning, a checksum at its end. */
export const masked = (text: string): string => `${text.slice(0, 7)}…${text.slice(-4)}`;
