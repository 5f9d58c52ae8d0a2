import { type Document, ObjectId } from "mongodb";
import type { StoredSession } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import { holderProofs, type ProofAttempt, proofReserved } from "../security/proof.ts";
import { recordChange } from "../security/record-change.ts";
import type { Throttle } from "../security/throttle/rules.ts";
import type { Token } from "../security/token.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";

/** Those who have sessions: documents with `sessions`, `status` and `lastActivityAt`. */
interface Holders<Holder> {
  collection: string;
  /** Of the fields that `parse` reads, with `now`, the server's clock. */
  projection: Document;
  /**
   * What a session sees of its holder. The clock is missing in the reply to a retried write, which is
   * the whole document. `proof` is what is known of proofs of the password, which no caller sees.
   */
  parse(found: unknown): Holder & { now?: Date | undefined; proof?: Throttle | undefined };
}

/** Of a holder, who it is. */
interface Identity {
  _id: ObjectId;
  username: string;
}

export type TokenIds = Pick<Token, "accountId" | "id" | "hash">;

interface Lifetimes {
  hours: number;
  /** From each refresh on; without it a session ends when it was to end at first, however often it is refreshed. */
  refreshDays?: number;
  /** From its login on, however often it is refreshed. */
  longestDays?: number;
}

const hour = 3_600_000;
const day = 24 * hour;

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

/** When a session ends for good. */
const lastEnd = ({ longestDays }: Lifetimes): Document | string =>
  longestDays === undefined
    ? "$$session.refresh.expiresAt"
    : { $add: ["$$session.createdAt", longestDays * day] };

/** What becomes of a session whose refresh token, of that hash, was used. */
function renewed(
  hash: string,
  successor: { session: string; refresh: string },
  lifetimes: Lifetimes,
): Document {
  const { hours, refreshDays } = lifetimes;
  const end = lastEnd(lifetimes);
  return {
    hash: literal(successor.session),
    expiresAt: { $min: [inFuture(hours * hour), end] },
    lastUsedAt: "$$NOW",
    refresh: {
      hash: literal(successor.refresh),
      expiresAt: refreshDays === undefined ? end : { $min: [inFuture(refreshDays * day), end] },
      previous: { hash: literal(hash), until: inFuture(refreshRepeatable) },
    },
  };
}

/** Sessions inside their holders. Each operation is one statement on one document, found by its id. */
export function holderSessions<Holder extends Identity & { sessions: StoredSession[] }>(
  database: Pick<Database, "run">,
  { collection, projection, parse }: Holders<Holder>,
) {
  const proofOf = holderProofs(database, collection);
  return {
    /**
     * The active holder that a session token opens now, and the database's time. Writes the use down
     * at most once a minute, so that most reads write nothing. With an attempt, which then takes a
     * place in the same statement, also the proof that may be made.
     */
    open: async ({ accountId, id, hash }: TokenIds, attempt?: ProofAttempt) => {
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
        db.collection(collection).findOneAndUpdate(
          {
            _id: new ObjectId(accountId),
            status: "active",
            $expr: {
              $anyElementTrue: [{ $map: { input: "$sessions", as: "session", in: opens } }],
            },
          },
          [{ $set: touch }, ...(attempt ? proofReserved(attempt) : [])],
          { projection, returnDocument: "after" },
        ),
      );
      if (!found) return undefined;
      const { now: told, proof: throttle, ...holder } = parse(found);
      const session = holder.sessions.find((one) => one.id.equals(sessionId));
      if (!session) return undefined;
      const now = told ?? session.lastUsedAt;
      const proof = attempt && throttle && proofOf(holder._id, attempt, throttle, now);
      return { holder, session, now, proof };
    },

    /**
     * Puts the successor of a session's tokens in their place, if the refresh token that was shown is
     * the session's own and lives. Gives the session as it is then, changed or not, and the database's
     * time; without the time it is the reply to a retried write, and so a session just changed.
     */
    rotate: async (
      { accountId, id, hash }: TokenIds,
      successor: { session: string; refresh: string },
      lifetimes: Lifetimes,
    ) => {
      const sessionId = new ObjectId(id);
      const isCurrent = {
        $and: [
          { $eq: ["$$session.id", sessionId] },
          { $eq: ["$$session.refresh.hash", literal(hash)] },
          { $gt: ["$$session.refresh.expiresAt", "$$NOW"] },
          { $gt: [lastEnd(lifetimes), "$$NOW"] },
        ],
      };
      const found = await database.run((db) =>
        db
          .collection(collection)
          .findOneAndUpdate(
            { _id: new ObjectId(accountId), status: "active", "sessions.id": sessionId },
            [{ $set: { sessions: mapSessions(isCurrent, renewed(hash, successor, lifetimes)) } }],
            { projection, returnDocument: "after" },
          ),
      );
      if (!found) return undefined;
      const { now, ...holder } = parse(found);
      const session = holder.sessions.find((one) => one.id.equals(sessionId));
      return session && { holder: holder as Identity, session, now };
    },

    /** The active holder of the session whose current refresh token is shown, and the database's time. */
    refreshable: async ({ accountId, id, hash }: TokenIds) => {
      const session = { $elemMatch: { id: new ObjectId(id), "refresh.hash": hash } };
      const found = await database.run((db) =>
        db
          .collection(collection)
          .findOne(
            { _id: new ObjectId(accountId), status: "active", sessions: session },
            { projection },
          ),
      );
      if (!found) return undefined;
      const { now = new Date(), ...holder } = parse(found);
      return { holder: holder as unknown as Identity, now };
    },

    /**
     * Ends the session that a token was made for, expired or not. Gives its holder, and the database's
     * time; undefined if there is none such.
     */
    end: async ({ accountId, id, hash }: TokenIds) => {
      const own = { id: new ObjectId(id), hash };
      const found = await database.run((db) =>
        db
          .collection<{ _id: ObjectId; sessions: StoredSession[] }>(collection)
          .findOneAndUpdate(
            { _id: new ObjectId(accountId), sessions: { $elemMatch: own } },
            { $pull: { sessions: own } },
            { projection, returnDocument: "after" },
          ),
      );
      if (!found) return undefined;
      const { now = new Date(), ...holder } = parse(found);
      return { holder: holder as unknown as Identity, now };
    },

    /** Ends one session of a holder, or all of them, and records why. False if there is none to end. */
    revoke: (
      holderId: ObjectId,
      which: ObjectId | "all",
      event: SecurityEvent,
      usage?: CarriedUsage,
    ): Promise<boolean> =>
      recordChange(
        database,
        collection,
        which === "all"
          ? { filter: { _id: holderId }, update: { $set: { sessions: [] } }, event, usage }
          : {
              filter: { _id: holderId, "sessions.id": which },
              update: { $pull: { sessions: { id: which } } },
              event,
              usage,
            },
      ),
  };
}
