import type { Document, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount, type StoredSession } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { fieldsOf } from "../db/fields-of.ts";
import { literal } from "../db/literal.ts";
import type { ProofAttempt } from "../security/proof.ts";
import { holderSessions, type TokenIds } from "./holder-sessions.ts";

/**
 * An account as it is found for a session: all but what is open at the gate. Parsed, so that a reply
 * of another shape (a retried write returns the whole document) gives the same fields.
 */
const OpenedAccount = StoredAccount.omit({ holds: true, postings: true }).extend({
  now: z.date().optional(),
});

/** An account as its own session sees it. */
export type SignedInAccount = Omit<z.output<typeof OpenedAccount>, "now" | "proof">;

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

/** Sessions of accounts. */
export function sessionStore(database: Pick<Database, "run">) {
  const { open, rotate, end, revoke, refreshable } = holderSessions<SignedInAccount>(database, {
    collection: accountsCollection.name,
    projection: fieldsOf(OpenedAccount),
    parse: (found) => OpenedAccount.parse(found),
  });
  return {
    /** As `holderSessions`, and so are the others. */
    open: async (token: TokenIds, attempt?: ProofAttempt) => {
      const opened = await open(token, attempt);
      if (!opened) return undefined;
      const { holder: account, ...known } = opened;
      return { account, ...known };
    },
    rotate,
    end,
    revoke,
    refreshable,
  };
}

export type SessionStore = ReturnType<typeof sessionStore>;
