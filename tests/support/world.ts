import { type Db, ObjectId } from "mongodb";
import { oneTimeCodes } from "../../lib/email/one-time-code.ts";
import { newKey } from "../../lib/keys/new-key.ts";
import { derivedKeys } from "../../lib/security/derived-key.ts";
import { passwordHasher } from "../../lib/security/password.ts";
import { makeToken } from "../../lib/security/token.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";
import { signedIn } from "./accounts.ts";
import { testSecret } from "./functions.ts";

/** What every somebody of the tests signs in with. */
export const password = "a long way to Tipperary";
export const passwordHash = await passwordHasher().hash(
  password,
  defaultSettings.passwords.argon2id,
);

const codes = oneTimeCodes(derivedKeys(async () => testSecret));

/** Somebody who is signed in and has one of everything: another session, a key, codes that were mailed. */
export async function somebody(db: Db, { verified = true }: { verified?: boolean } = {}) {
  const _id = new ObjectId();
  const now = new Date();
  const key = newKey({ accountId: _id, now, name: "default", scopes: ["chat", "batch"] });
  const ids = { accountId: _id.toHexString(), id: new ObjectId().toHexString() };
  const session = makeToken("session", ids);
  const other = {
    id: new ObjectId(ids.id),
    hash: session.hash,
    expiresAt: new Date(now.getTime() + 60_000),
    refresh: {
      hash: makeToken("refresh", ids).hash,
      expiresAt: new Date(now.getTime() + 120_000),
    },
    createdAt: now,
    lastUsedAt: now,
    ip: "203.0.113.7",
  };
  const email = `${_id.toHexString()}@example.com`;
  const code = codes.make("verification", _id);
  const resetToken = codes.make("passwordReset", _id);
  const mailed = { expiresAt: new Date(now.getTime() + 60_000), tries: 0, email };
  const {
    account,
    session: own,
    tokens,
  } = await signedIn(db, {
    _id,
    email,
    passwordHash,
    verified,
    keys: [key.stored],
    sessions: [other],
    codes: {
      verification: { ...mailed, hash: await codes.hash("verification", _id, code) },
      passwordReset: { ...mailed, hash: await codes.hash("passwordReset", _id, resetToken) },
    },
    lastActivityAt: now,
  });
  return {
    id: _id,
    home: "accounts" as const,
    account,
    session: own,
    token: tokens.session_token,
    refreshToken: tokens.refresh_token,
    apiKey: key.text,
    keyId: key.stored.id.toHexString(),
    otherSessionId: ids.id,
    code,
    resetToken,
  };
}

export type Somebody = Awaited<ReturnType<typeof somebody>>;
