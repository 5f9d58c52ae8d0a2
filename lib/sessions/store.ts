import { type Document, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount, type StoredSession } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { Token } from "../security/token.ts";

/**
 * An account as its own session sees it: all but what is open at the gate. Parsed, so that a reply
 * of another shape (a retried write returns the whole document) gives the same fields.
 */
const SignedInAccount = StoredAccount.omit({ holds: true, postings: true }).strip();
export type SignedInAccount = z.output<typeof SignedInAccount>;

/** The server's clock comes with the account, except in the reply to a retried write. */
const OpenedAccount = SignedInAccount.extend({ now: z.date().optional() });

const fields = {
  ...Object.fromEntries(Object.keys(SignedInAccount.shape).map((name) => [name, 1])),
  now: "$$NOW",
};

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

/** Sessions inside their accounts. Each operation is one statement on one account, found by its id. */
export function sessionStore(database: Pick<Database, "run">) {
  return {
    /**
     * The active account that a session token opens now, and the database's time. Writes the use
     * down at most once a minute, so that most reads write nothing.
     */
    open: async ({ accountId, id, hash }: Pick<Token, "accountId" | "id" | "hash">) => {
      const sessionId = new ObjectId(id);
      const isThis = { $eq: ["$$session.id", sessionId] };
      const opens = {
        $and: [
          isThis,
          { $eq: ["$$session.hash", hash] },
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
          { projection: fields, returnDocument: "after" },
        ),
      );
      if (!found) return undefined;
      const { now, ...account } = OpenedAccount.parse(found);
      const session = account.sessions.find((one) => one.id.equals(sessionId));
      return session && { account, session, now: now ?? session.lastUsedAt };
    },
  };
}

export type SessionStore = ReturnType<typeof sessionStore>;
