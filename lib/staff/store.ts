import type { Db, Filter, ObjectId } from "mongodb";
import * as z from "zod";
import type { LoginAttempts } from "../accounts/attempts.ts";
import { staffLockKeys } from "../accounts/attempts.ts";
import type { StoredSession } from "../accounts/document.ts";
import { usernameKey } from "../accounts/rules.ts";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { fieldsOf } from "../db/fields-of.ts";
import { literal } from "../db/literal.ts";
import { Failure } from "../errors.ts";
import { insertEvent, type SecurityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import { recordChange } from "../security/record-change.ts";
import { forgetAttempts, takeBackLogin } from "../security/throttle/store.ts";
import { onlySession, withSession } from "../sessions/store.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { type StoredRole, StoredStaff, staffCollection } from "./document.ts";
import type { SpentFactor } from "./second-factor.ts";
import { spendFactor } from "./spend-factor.ts";

/** Of a member of staff, what a login needs to know. */
const LoginStaff = StoredStaff.omit({ sessions: true });
export type LoginStaff = z.output<typeof LoginStaff>;

const Found = LoginStaff.extend({ now: z.date() });

interface NewMember {
  staff: StoredStaff;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

interface NewLogin {
  staff: Pick<StoredStaff, "_id" | "passwordHash">;
  /** The same password's hash at today's cost. */
  newHash: string | undefined;
  factor: SpentFactor;
  session: StoredSession;
  /** Sessions that one member may have. */
  most: number;
  attempts: LoginAttempts;
  events: SecurityEvent[];
  usage: CarriedUsage | undefined;
}

interface NewPassword {
  staff: Pick<StoredStaff, "_id" | "totp" | "username" | "passwordHash">;
  newHash: string;
  /** The session that goes on; all others end. */
  session: ObjectId;
  proof: Proof;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

type Taken = "username" | "email" | "first";

const staffOf = (db: Db) => db.collection<StoredStaff>(staffCollection.name);

/** Members of staff as they come to be and as they sign in. */
export function staffStore(database: Pick<Database, "run">) {
  const taken = (fields: Record<Taken, Filter<StoredStaff> | undefined>): Promise<Taken[]> =>
    database.run(async (db) => {
      const holders = await Promise.all(
        Object.values(fields).map(
          (filter) => filter && staffOf(db).findOne(filter, { projection: { _id: 1 } }),
        ),
      );
      return (["username", "email", "first"] as const).filter((_, index) => holders[index]);
    });

  return {
    /**
     * Stores somebody new; the usage event of the request that makes them goes with it.
     * @returns what another has already, of which being the first admin is one; nothing if it is stored
     * @throws Failure TOO_MANY_ATTEMPTS if that other went away meanwhile
     */
    insert: async ({ staff, event, usage }: NewMember): Promise<Taken[]> => {
      try {
        await database.run((db) =>
          db.client.bulkWrite([
            {
              name: "insertOne",
              namespace: `${db.databaseName}.${staffCollection.name}`,
              document: staff,
            },
            insertEvent(db, event),
            ...(usage?.steps(db) ?? []),
          ]),
        );
        usage?.stands();
        return [];
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const fields = await taken({
          username: { usernameKey: staff.usernameKey },
          email: { email: staff.email },
          first: staff.isFirst && { isFirst: true },
        });
        if (fields.length === 0) throw new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
        return fields;
      }
    },

    /** Whoever has a username and is of that kind, and the database's time. */
    findByName: async (typed: string, kind: StoredRole["kind"]) => {
      const found = await database.run((db) =>
        staffOf(db).findOne(
          { usernameKey: usernameKey(typed), "role.kind": kind },
          { projection: fieldsOf(Found) },
        ),
      );
      if (!found) return undefined;
      const { now, ...holder } = Found.parse(found);
      return { holder, now };
    },

    /**
     * Adds a session, uses the second factor up, and forgets failed logins of that name. False if the
     * member is no longer what password and factor fitted.
     */
    logIn: ({ staff, newHash, factor, session, most, attempts, events, usage }: NewLogin) => {
      const spent = spendFactor(factor);
      const { _id, passwordHash } = staff;
      return recordChange(database, staffCollection.name, {
        filter: { _id, passwordHash, status: "active", ...spent.filter },
        update: [
          {
            $set: {
              sessions: withSession(session, most),
              lastLoginAt: "$$NOW",
              lastActivityAt: "$$NOW",
              ...spent.set,
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
      });
    },

    /** Gives somebody another password, and ends the other sessions, the locks and a second factor that was only offered. False if it is not the password that was proven, or the second factor beside it is gone. */
    changePassword: ({ staff, newHash, session, ...recorded }: NewPassword) =>
      recordChange(database, staffCollection.name, {
        filter: {
          _id: staff._id,
          passwordHash: staff.passwordHash,
          status: "active",
          // A short password is for whoever has a second factor, and still has it.
          ...(staff.totp && { totp: { $exists: true } }),
        },
        update: [
          {
            $set: {
              passwordHash: literal(newHash),
              sessions: onlySession(session),
              updatedAt: "$$NOW",
            },
          },
          { $unset: ["passwordIsTemporary", "pendingTotp"] },
        ],
        also: (db) => staffLockKeys(staff).map((key) => forgetAttempts(db, key)),
        ...recorded,
      }),
  };
}

export type StaffStore = ReturnType<typeof staffStore>;
