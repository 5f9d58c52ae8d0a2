import type { Db, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../accounts/document.ts";
import { recordedChange } from "../accounts/recorded-change.ts";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import { forgetAttempts } from "../security/throttle/store.ts";
import { onlySession } from "../sessions/store.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";

interface AddressProof {
  account: ObjectId;
  /** The one session that outlives a change of the address. */
  session: ObjectId;
  hash: string;
  mostTries: number;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

interface PasswordProof {
  account: ObjectId;
  hash: string;
  /** Of the new password, as a PHC string. */
  passwordHash: string;
  /** Keys of the throttle under which the account's logins may be locked. */
  forget: readonly string[];
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

const accounts = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

/** What one-time codes are exchanged for. Each statement asks again whether the account holds the code, so it counts once. */
export function redemptionStore(database: Pick<Database, "run">) {
  return {
    /** Counts a wrong code against the one that was sent; false if that has no try left. */
    countWrong: async ({
      account,
      hash,
      mostTries,
    }: Pick<AddressProof, "account" | "hash" | "mostTries">) => {
      const filter = {
        _id: account,
        "codes.verification.hash": hash,
        "codes.verification.tries": { $lt: mostTries },
      };
      const { matchedCount } = await database.run((db) =>
        accounts(db).updateOne(filter, { $inc: { "codes.verification.tries": 1 } }),
      );
      return matchedCount === 1;
    },

    /**
     * Makes the address that a code was sent to the account's own, verified. If it is a new one,
     * other sessions end, and with them links that were sent to the old one.
     * @returns "spent" if the code is no longer the account's or has ended, "taken" if another
     * account has the address by now
     */
    confirmAddress: async ({ account, session, hash, mostTries, event, usage }: AddressProof) => {
      const holds = {
        _id: account,
        status: "active",
        "codes.verification.hash": hash,
        "codes.verification.tries": { $lt: mostTries },
        $expr: {
          $and: [
            { $gt: ["$codes.verification.expiresAt", "$$NOW"] },
            { $eq: ["$codes.verification.email", { $ifNull: ["$pendingEmail", "$email"] }] },
          ],
        },
      };
      const isNew = { $gt: ["$pendingEmail", null] };
      const proven = {
        email: "$codes.verification.email",
        verified: true,
        sessions: { $cond: [isNew, onlySession(session), "$sessions"] },
        codes: { $cond: [isNew, literal({}), "$codes"] },
        updatedAt: "$$NOW",
      };
      const spent = ["codes.verification", "pendingEmail"];
      try {
        const update = [{ $set: proven }, { $unset: spent }];
        const done = await recordedChange(database, { filter: holds, update, event, usage });
        return done ? "done" : "spent";
      } catch (error) {
        if (isDuplicateKey(error)) return "taken";
        throw error;
      }
    },

    /**
     * Gives an account a new password, and ends its sessions, its codes and a change of address
     * under way: whoever made them may have known the old one. So do the keys of an account whose
     * address was never verified: a stranger may have registered it. A lock ends too.
     * @returns false if the link is no longer the account's, or has ended
     */
    resetPassword: ({ account, hash, passwordHash, forget, event, usage }: PasswordProof) => {
      const holds = {
        _id: account,
        status: "active",
        "codes.passwordReset.hash": hash,
        $expr: { $gt: ["$codes.passwordReset.expiresAt", "$$NOW"] },
      };
      const reset = {
        passwordHash: literal(passwordHash),
        sessions: [],
        codes: literal({}),
        keys: { $cond: ["$verified", "$keys", []] },
        updatedAt: "$$NOW",
      };
      const ended = ["passwordIsTemporary", "pendingEmail", "proof"];
      const update = [{ $set: reset }, { $unset: ended }];
      const also = (db: Db) => forget.map((key) => forgetAttempts(db, key));
      return recordedChange(database, { filter: holds, update, event, also, usage });
    },
  };
}

export type RedemptionStore = ReturnType<typeof redemptionStore>;
