import { type Document, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount, type StoredSession } from "../accounts/document.ts";
import { recordedChange } from "../accounts/recorded-change.ts";
import type { Database } from "../db/connection.ts";
import { fieldsOf } from "../db/fields-of.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import type { Token } from "../security/token.ts";
import type { Settings } from "../settings/rules.ts";

/**
 * An account as its own session sees it: all but what is open at the gate. Parsed, so that a reply
 * of another shape (a retried write returns the whole document) gives the same fields.
 */
const SignedInAccount = StoredAccount.omit({ holds: true, postings: true });
export type SignedInAccount = z.output<typeof SignedInAccount>;

/** The server's clock comes with the account, except in the reply to a retried write. */
const OpenedAccount = SignedInAccount.extend({ now: z.date().optional() });
const SessionsOnly = OpenedAccount.pick({ sessions: true, now: true });

type TokenIds = Pick<Token, "accountId" | "id" | "hash">;

const hour = 3_600_000;

/** Milliseconds for which a refresh token that was used may be used again, with the same result. */
const refreshRepeatable = 10_000;

const inFuture = (milliseconds: number): Document => ({ $add: ["$$NOW", milliseconds] });

/** Milliseconds after which a use of a session is written again. */
const touchAfter = 60_000;

const stale = (date: string): Document => ({
  $lt: [date, { $subtract: ["$$NOW", touchAfter] }],
});

/** What `change` makes of each session for which `condition` holds; the others stay. Both see it as `$$session`. */
const mapSessions = (condition: Document, change: Document): Document => ({
  $map: {
    input: "$sessions",
    as: "session",
    in: { $cond: [condition, { $mergeObjects: ["$$session", change] }, "$$session"] },
  },
});

/**
 * The value of `sessions` with one more, as an expression for a pipeline update. Those that can't be
 * refreshed any more go, and of what is left the oldest until there are at most `most`.
 */
export const withSession = (session: StoredSession, most: number): Document => {
  const live = {
    $filter: {
      input: "$sessions",
      as: "session",
      cond: { $gt: ["$$session.refresh.expiresAt", "$$NOW"] },
    },
  };
  return { $slice: [{ $concatArrays: [live, [literal(session)]] }, -most] };
};

/** The value of `sessions` with all but one ended, as an expression for a pipeline update. */
export const onlySession = (id: ObjectId): Document => ({
  $filter: { input: "$sessions", as: "session", cond: { $eq: ["$$session.id", id] } },
});

/** Sessions inside their accounts. Each operation is one statement on one account, found by its id. */
export function sessionStore(database: Pick<Database, "run">) {
  return {
    /**
     * The active account that a session token opens now, and the database's time. Writes the use
     * down at most once a minute, so that most reads write nothing.
     */
    open: async ({ accountId, id, hash }: TokenIds) => {
      const sessionId = new ObjectId(id);
      const isThis = { $eq: ["$$session.id", sessionId] };
      const opens = {
        $and: [
          isThis,
          { $eq: ["$$session.hash", literal(hash)] },
          { $gt: ["$$session.expiresAt", "$$NOW"] },
        ],
      };
      const touch = {
        sessions: mapSessions(
          { $and: [isThis, stale("$$session.lastUsedAt")] },
          { lastUsedAt: "$$NOW" },
        ),
        lastActivityAt: { $cond: [stale("$lastActivityAt"), "$$NOW", "$lastActivityAt"] },
      };
      const found = await database.run((db) =>
        db.collection(accountsCollection.name).findOneAndUpdate(
          {
            _id: new ObjectId(accountId),
            status: "active",
            $expr: {
              $anyElementTrue: [{ $map: { input: "$sessions", as: "session", in: opens } }],
            },
          },
          [{ $set: touch }],
          { projection: fieldsOf(OpenedAccount), returnDocument: "after" },
        ),
      );
      if (!found) return undefined;
      const { now, ...account } = OpenedAccount.parse(found);
      const session = account.sessions.find((one) => one.id.equals(sessionId));
      return session && { account, session, now: now ?? session.lastUsedAt };
    },

    /**
     * Puts the successor of a session's tokens in their place, if the refresh token that was shown is
     * the session's own and lives. Gives the session as it is then, changed or not, and the database's
     * time; without the time it is the reply to a retried write, and so a session just changed.
     */
    rotate: async (
      { accountId, id, hash }: TokenIds,
      successor: { session: string; refresh: string },
      { hours, refreshDays }: Pick<Settings["sessions"], "hours" | "refreshDays">,
    ) => {
      const sessionId = new ObjectId(id);
      const isCurrent = {
        $and: [
          { $eq: ["$$session.id", sessionId] },
          { $eq: ["$$session.refresh.hash", literal(hash)] },
          { $gt: ["$$session.refresh.expiresAt", "$$NOW"] },
        ],
      };
      const renewed = {
        hash: literal(successor.session),
        expiresAt: inFuture(hours * hour),
        lastUsedAt: "$$NOW",
        refresh: {
          hash: literal(successor.refresh),
          expiresAt: inFuture(refreshDays * 24 * hour),
          previous: { hash: literal(hash), until: inFuture(refreshRepeatable) },
        },
      };
      const found = await database.run((db) =>
        db
          .collection(accountsCollection.name)
          .findOneAndUpdate(
            { _id: new ObjectId(accountId), status: "active", "sessions.id": sessionId },
            [{ $set: { sessions: mapSessions(isCurrent, renewed) } }],
            { projection: fieldsOf(SessionsOnly), returnDocument: "after" },
          ),
      );
      if (!found) return undefined;
      const { sessions, now } = SessionsOnly.parse(found);
      const session = sessions.find((one) => one.id.equals(sessionId));
      return session && { session, now };
    },

    /** Whether a refresh token is the current one of a session of an active account. */
    knows: async ({ accountId, id, hash }: TokenIds): Promise<boolean> => {
      const session = { $elemMatch: { id: new ObjectId(id), "refresh.hash": hash } };
      const found = await database.run((db) =>
        db
          .collection(accountsCollection.name)
          .findOne(
            { _id: new ObjectId(accountId), status: "active", sessions: session },
            { projection: { _id: 1 } },
          ),
      );
      return found !== null;
    },

    /** Ends the session that a token was made for, expired or not. Unknown ones are none. */
    end: async ({ accountId, id, hash }: TokenIds): Promise<void> => {
      await database.run((db) =>
        db
          .collection<StoredAccount>(accountsCollection.name)
          .updateOne(
            { _id: new ObjectId(accountId) },
            { $pull: { sessions: { id: new ObjectId(id), hash } } },
          ),
      );
    },

    /** Ends one session of an account, or all of them, and records why. False if there is none to end. */
    revoke: (
      accountId: ObjectId,
      which: ObjectId | "all",
      event: SecurityEvent,
    ): Promise<boolean> =>
      recordedChange(
        database,
        which === "all"
          ? { filter: { _id: accountId }, update: { $set: { sessions: [] } }, event }
          : {
              filter: { _id: accountId, "sessions.id": which },
              update: { $pull: { sessions: { id: which } } },
              event,
            },
      ),
  };
}

export type SessionStore = ReturnType<typeof sessionStore>;
