import { hkdfSync } from "node:crypto";

/** What a key is for. Each purpose has a key of its own, so that an HMAC made for one is worth nothing for another. */
export type KeyPurpose =
  | "one-time-code"
  | "refresh-successor"
  | "key-rotation"
  | "totp-seed"
  | "recovery-code";

/** Gives the key of a purpose: 32 bytes. */
export type DerivedKeys = (purpose: KeyPurpose) => Promise<Buffer>;

const keyBytes = 32;

/** Characters of the server's secret; codes of six digits fall to whoever guesses a shorter one. */
const shortestSecret = 32;

/** The key of a purpose, derived from the server's secret with HKDF-SHA-256 (RFC 5869). */
export const derivedKey = (secret: string, purpose: KeyPurpose): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "promptenchanter", purpose, keyBytes));

/**
 * Keys from a secret that is read once, at first use; a read that failed is tried again at the next.
 * The keys reject as the read does, and with an Error if the secret has fewer than 32 characters.
 */
export function derivedKeys(readSecret: () => Promise<string>): DerivedKeys {
  let secret: Promise<string> | undefined;
  return async (purpose) => {
    secret ??= readSecret().then(longEnough);
    const reading = secret;
    try {
      return derivedKey(await reading, purpose);
    } catch (error) {
      if (secret === reading) secret = undefined;
      throw error;
    }
  };
}

function longEnough(secret: string): string {
  if (secret.length >= shortestSecret) return secret;
  throw new Error(`the server's secret has fewer than ${shortestSecret} characters`);
}
