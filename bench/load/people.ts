import type { Db } from "mongodb";
import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { newAccount } from "../../lib/accounts/new-account.ts";
import { Registration } from "../../lib/accounts/rules.ts";
import { newSession } from "../../lib/sessions/new-session.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";

/** Somebody with an API key and a session. */
export interface Person {
  id: string;
  apiKey: string;
  session: string;
}

/** Plans of the accounts, in turn: most can go on, some run out of what they have. */
const plans = ["enterprise", "enterprise", "pro", "free"] as const;

/** Accounts as registration makes them, but without the hash of a password, put into the database at once. */
export async function insertPeople(db: Db, count: number): Promise<Person[]> {
  const now = new Date();
  const made = Array.from({ length: count }, (_, number) => somebody(number, now));
  await db
    .collection<StoredAccount>(accountsCollection.name)
    .insertMany(made.map(({ account }) => account));
  return made.map(({ person }) => person);
}

function somebody(number: number, now: Date): { account: StoredAccount; person: Person } {
  const username = `load_${number}`;
  const plan = plans[number % plans.length] ?? "free";
  const settings = {
    ...defaultSettings,
    registration: { ...defaultSettings.registration, plan, credits: plan === "free" ? 5 : 100_000 },
  };
  const { account, apiKey } = newAccount({
    registration: Registration.parse({
      username,
      name: "Under Load",
      email: `${username}@example.com`,
      password: "never used to sign in",
    }),
    passwordHash: "",
    now,
    settings,
  });
  const session = newSession({
    accountId: account._id,
    now,
    request: { ip: "203.0.113.7", userAgent: "load" },
    lifetimes: defaultSettings.sessions,
  });
  return {
    account: { ...account, sessions: [session.stored] },
    person: { id: account._id.toHexString(), apiKey, session: session.tokens.session_token },
  };
}
