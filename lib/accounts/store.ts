import type { Db, Filter, ObjectId } from "mongodb";
import * as z from "zod";
import { finishPosting, type Posting } from "../credits/posting.ts";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { fieldsOf } from "../db/fields-of.ts";
import { literal } from "../db/literal.ts";
import { Failure } from "../errors.ts";
import { insertEvent, type SecurityEvent } from "../security/events.ts";
import { countAttempt, takeBackAttempt, takeBackLogin } from "../security/throttle/store.ts";
import { withSession } from "../sessions/store.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import type { LoginAttempts, RegistrationAttempts } from "./attempts.ts";
import { accountsCollection, StoredAccount, type StoredSession } from "./document.ts";
import { recordedChange } from "./recorded-change.ts";
import { emailKey, usernameKey } from "./rules.ts";

/** Of an account, what a login needs to know. */
const LoginAccount = StoredAccount.pick({
  _id: true,
  username: true,
  name: true,
  email: true,
  userType: true,
  plan: true,
  verified: true,
  status: true,
  passwordHash: true,
  passwordIsTemporary: true,
});
export type LoginAccount = z.output<typeof LoginAccount>;

const Found = LoginAccount.extend({ now: z.date() });

interface NewAccount {
  account: StoredAccount;
  posting: Posting | undefined;
  attempts: RegistrationAttempts;
  event: SecurityEvent;
  /** Its event goes with the account. */
  usage: CarriedUsage | undefined;
}

interface NewLogin {
  account: ObjectId;
  /** The hash that the password fitted; a password that was changed meanwhile opens nothing. */
  passwordHash: string;
  /** The same password's hash at today's cost. */
  newHash: string | undefined;
  session: StoredSession;
  /** Sessions that one account may have. */
  most: number;
  attempts: LoginAttempts;
  events: SecurityEvent[];
  usage: CarriedUsage | undefined;
}

type Taken = "username" | "email";

const accountsOf = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

/** Accounts as they come to be and as they are found again. */
export function accountStore(database: Pick<Database, "run">) {
  const taken = (fields: Record<Taken, Filter<StoredAccount>>): Promise<Taken[]> =>
    database.run(async (db) => {
      const holders = await Promise.all(
        Object.values(fields).map((filter) =>
          accountsOf(db).findOne(filter, { projection: { _id: 1 } }),
        ),
      );
      return (["username", "email"] as const).filter((_, index) => holders[index]);
    });

  return {
    /**
     * Stores a new account in one batch with what follows from it.
     * @returns the fields that another account has already; none if the account was stored
     * @throws Failure TOO_MANY_ATTEMPTS if that other account went away meanwhile
     */
    insert: async ({ account, posting, attempts, event, usage }: NewAccount): Promise<Taken[]> => {
      const maker = { account, now: account.createdAt };
      try {
        await database.run((db) =>
          db.client.bulkWrite([
            {
              name: "insertOne",
              namespace: `${db.databaseName}.${accountsCollection.name}`,
              document: account,
            },
            ...(posting ? finishPosting(db, account._id, posting) : []),
            countAttempt(db, attempts.accepted),
            takeBackAttempt(db, attempts.refused),
            insertEvent(db, event),
            ...(usage?.steps(db, maker) ?? []),
          ]),
        );
        usage?.of(maker);
        usage?.stands();
        return [];
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const { usernameKey: username, email } = account;
        const fields = await taken({ username: { usernameKey: username }, email: { email } });
        // Whoever had them is gone by now: nothing was stored, and nothing is in the way any more.
        if (fields.length === 0) throw new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
        return fields;
      }
    },

    /** Counts a registration as refused and writes it down. */
    refuse: ({ attempts, event }: Pick<NewAccount, "attempts" | "event">): Promise<unknown> =>
      database.run((db) =>
        db.client.bulkWrite([
          takeBackAttempt(db, attempts.accepted),
          countAttempt(db, attempts.refused),
          insertEvent(db, event),
        ]),
      ),

    /** The account of an email address or, since those hold no @, a username, and the database's time. */
    findByName: async (typed: string) => {
      const filter = typed.includes("@")
        ? { email: emailKey(typed) }
        : { usernameKey: usernameKey(typed) };
      const found = await database.run((db) =>
        accountsOf(db).findOne(filter, { projection: fieldsOf(Found) }),
      );
      if (!found) return undefined;
      const { now, ...account } = Found.parse(found);
      return { account, now };
    },

    /** Adds a session, and forgets failed logins of that name. False if the account is no longer what the password fitted. */
    logIn: ({ account, passwordHash, newHash, session, most, attempts, events, usage }: NewLogin) =>
      recordedChange(database, {
        filter: { _id: account, passwordHash, status: "active" },
        update: [
          {
            $set: {
              sessions: withSession(session, most),
              lastLoginAt: "$$NOW",
              lastActivityAt: "$$NOW",
              ...(newHash !== undefined && { passwordHash: literal(newHash) }),
            },
          },
        ],
        event: events,
        usage,
        attempts: {
          over: (db) => takeBackLogin(db, attempts),
          changed: { "sessions.id": session.id },
        },
      }),
  };
}

export type AccountStore = ReturnType<typeof accountStore>;
