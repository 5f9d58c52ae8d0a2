import type { Document, ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import type { RecordedChange } from "../security/record-change.ts";
import { type Attempt, forgetAttempts, takeBackAttempt } from "../security/throttle/store.ts";
import { onlySession } from "../sessions/store.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { closing } from "./closing.ts";
import { accountsCollection, type StoredAccount } from "./document.ts";
import { recordedChange } from "./recorded-change.ts";

/** A change that the account's owner has proven to be theirs. */
interface ProvenChange {
  account: ObjectId;
  /** The hash that the password fitted: after another change of it the proof is worth nothing. */
  passwordHash: string;
  proof: Proof;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

interface NewPassword extends ProvenChange {
  /** The session that goes on; all others end. */
  session: ObjectId;
  newHash: string;
  /** Under which the account's logins may be locked. */
  lockKeys: string[];
}

interface NewAddress extends ProvenChange {
  email: string;
  /** What an address that is taken would have counted against. */
  refused: Attempt;
  session: ObjectId;
}

/** Changes that need the password. Each is one batch, and false if the account is no longer what the proof was of. */
export function ownerStore(database: Pick<Database, "run">) {
  const change = (
    { account, passwordHash, ...recorded }: ProvenChange,
    update: Document[],
    { refused, also }: Pick<RecordedChange, "also"> & { refused?: Attempt } = {},
  ): Promise<boolean> => {
    const filter = { _id: account, passwordHash, status: "active" };
    return recordedChange(database, {
      filter,
      update,
      ...(also && { also }),
      // A change of address leaves the filter true.
      ...(refused && {
        attempts: { over: (db) => [takeBackAttempt(db, refused)], changed: filter },
      }),
      ...recorded,
    });
  };

  return {
    /** Whether an account, this one or another, has an address, in lower case. */
    hasAddress: async (email: string): Promise<boolean> => {
      const found = await database.run((db) =>
        db
          .collection<StoredAccount>(accountsCollection.name)
          .findOne({ email }, { projection: { _id: 1 } }),
      );
      return found !== null;
    },

    /**
     * Gives the account another password, ends its other sessions, its links and its locks, and a
     * change of address under way: whoever asked for it may have known the old password.
     */
    changePassword: ({ session, newHash, lockKeys, ...proven }: NewPassword) =>
      change(
        proven,
        [
          {
            $set: {
              passwordHash: literal(newHash),
              sessions: onlySession(session),
              updatedAt: "$$NOW",
            },
          },
          { $unset: ["passwordIsTemporary", "pendingEmail", "codes.passwordReset"] },
        ],
        { also: (db) => lockKeys.map((key) => forgetAttempts(db, key)) },
      ),

    /** Keeps a new address until its code comes; a code for another address is worth nothing from now on. */
    keepAddress: ({ email, refused, session: _, ...proven }: NewAddress) =>
      change(
        proven,
        [
          { $set: { pendingEmail: literal(email), updatedAt: "$$NOW" } },
          { $unset: "codes.verification" },
        ],
        { refused },
      ),

    /** Ends a change of address under way: its code is worth nothing from now on. */
    dropAddress: (proven: ProvenChange) =>
      change(proven, [
        { $set: { updatedAt: "$$NOW" } },
        { $unset: ["pendingEmail", "codes.verification"] },
      ]),

    /** Puts a new address in the place of the old one, unproven, and ends other sessions and open codes. */
    changeAddress: async ({ email, refused, session, ...proven }: NewAddress) => {
      try {
        const done = await change(
          proven,
          [
            {
              $set: {
                email: literal(email),
                sessions: onlySession(session),
                codes: literal({}),
                updatedAt: "$$NOW",
              },
            },
            { $unset: "pendingEmail" },
          ],
          { refused },
        );
        return done ? "done" : "changed";
      } catch (error) {
        if (isDuplicateKey(error)) return "taken";
        throw error;
      }
    },

    /** Deletes the account, as far as one statement can. */
    close: ({ reason, ...proven }: ProvenChange & { reason: string }) =>
      change(proven, closing({ by: "account", reason })),
  };
}

export type OwnerStore = ReturnType<typeof ownerStore>;
