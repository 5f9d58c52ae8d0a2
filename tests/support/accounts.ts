import { randomBytes } from "node:crypto";
import { type Db, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { newSession } from "../../lib/sessions/new-session.ts";

/** A verified, active account of the free plan that nobody else has, with what the test wants otherwise. */
export function someAccount(changes: Partial<StoredAccount> = {}): StoredAccount {
  const username = `user-${randomBytes(6).toString("hex")}`;
  const at = new Date(Date.now() - 60 * 60_000);
  return {
    _id: new ObjectId(),
    username,
    usernameKey: username,
    email: `${username}@example.com`,
    name: "Some One",
    userType: "Personal",
    aboutMe: "",
    hobbies: "",
    passwordHash: "$argon2id$none",
    status: "active",
    verified: true,
    plan: "free",
    level: 1,
    rTypes: ["bpe", "tot"],
    allowance: { day: "2026-01-01", perDay: 5, used: 0 },
    conversations: { day: "2026-01-01", perDay: 10, used: 0 },
    balance: 0,
    rate: {},
    keys: [],
    sessions: [],
    codes: {},
    sends: {},
    holds: [],
    postings: [],
    logMessages: false,
    notes: "",
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
}

/** Where and with what a test signs in. */
export const someRequest = { ip: "203.0.113.7", userAgent: "test-agent/1.0" };

export const lifetimes = { hours: 24, refreshDays: 30, longestDays: 90 };

/** An account in the database that has signed in, with the tokens of its session. */
export async function signedIn(db: Db, changes: Partial<StoredAccount> = {}) {
  const account = someAccount(changes);
  const made = newSession({
    accountId: account._id,
    now: new Date(),
    request: someRequest,
    lifetimes,
  });
  const stored = { ...account, sessions: [...account.sessions, made.stored] };
  await db.collection<StoredAccount>(accountsCollection.name).insertOne(stored);
  return { account: stored, session: made.stored, tokens: made.tokens };
}
