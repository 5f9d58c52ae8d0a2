import { createHmac, hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { decodeBase62, encodeBase62 } from "./base62.ts";

/**
 * What a token opens: an API key, a session, the right to a new session, or to a new password. Those
 * of staff are kinds of their own, so that none passes where users sign in, nor the other way round.
 */
export type TokenKind = "key" | "session" | "refresh" | "reset" | "staffSession" | "staffRefresh";

const prefixes = {
  key: "pe_",
  session: "pes_",
  refresh: "per_",
  reset: "pep_",
  staffSession: "pas_",
  staffRefresh: "par_",
} as const satisfies Record<TokenKind, string>;

/** Bytes of each part: two ObjectIds and 192 bits of chance, far beyond guessing. */
const bytes = { account: 12, id: 12, secret: 24 } as const;
const bodyBytes = bytes.account + bytes.id + bytes.secret;
const bodyLength = 65;
const checksumLength = 6;

/** A token taken apart. Ids are 24 hexadecimal digits. */
export interface Token {
  kind: TokenKind;
  /** Of the account or, in a token of staff, of the member of staff. */
  accountId: string;
  /** Of the key or the session; it stays when the secret is rotated. */
  id: string;
  /** What is stored in place of the token: 64 hexadecimal digits. */
  hash: string;
}

/** A new token with its hash. The text is shown once and kept nowhere. `secret` is 24 bytes. */
export function makeToken(
  kind: TokenKind,
  { accountId, id }: Pick<Token, "accountId" | "id">,
  secret: Uint8Array = randomBytes(bytes.secret),
): { text: string; hash: string } {
  if (secret.length !== bytes.secret) throw new RangeError(`a secret has ${bytes.secret} bytes`);
  const body = Buffer.concat([Buffer.from(accountId, "hex"), Buffer.from(id, "hex"), secret]);
  if (body.length !== bodyBytes) throw new RangeError("an id has 24 hexadecimal digits");
  const start = prefixes[kind] + encodeBase62(body, bodyLength);
  const text = start + checksum(start);
  return { text, hash: tokenHash(text) };
}

/** A token's secret that follows from a text instead of chance: nobody without the key can make it. */
export const derivedSecret = (key: Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest().subarray(0, bytes.secret);

/**
 * Takes a token apart, or says undefined if it is none of that kind. The checksum finds a mistyped
 * or cut token without asking the database, and lets secret scanners tell ours from chance.
 */
export function parseToken(kind: TokenKind, text: string): Token | undefined {
  const prefix = prefixes[kind];
  if (!text.startsWith(prefix)) return undefined;
  if (text.length !== prefix.length + bodyLength + checksumLength) return undefined;
  const start = text.slice(0, -checksumLength);
  if (checksum(start) !== text.slice(-checksumLength)) return undefined;
  const body = decodeBase62(start.slice(prefix.length), bodyBytes);
  if (body === undefined) return undefined;
  return {
    kind,
    accountId: body.toString("hex", 0, bytes.account),
    id: body.toString("hex", bytes.account, bytes.account + bytes.id),
    hash: tokenHash(text),
  };
}

/** SHA-256 is enough for a secret of 192 random bits; a slow hash protects what people choose. */
const tokenHash = (text: string): string => hash("sha256", text);

function checksum(text: string): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(text));
  return encodeBase62(sum, checksumLength);
}
