import type { Document, ObjectId } from "mongodb";
import type { StoredKey } from "../accounts/document.ts";
import { recordedChange } from "../accounts/recorded-change.ts";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { mostKeys } from "./rules.ts";

/** Fields of a key to put in, or to take away where `null`; what is undefined stays. */
interface StoredKeyChanges {
  name?: string | undefined;
  scopes?: StoredKey["scopes"] | undefined;
  expiresAt?: Date | null | undefined;
  allow?: StoredKey["allow"] | null | undefined;
  creditLimit?: number | null | undefined;
}

/** The secret that takes the place of a key's own. */
interface NewSecret {
  hash: string;
  masked: string;
  /** When the secret before ends; it and those before it may end sooner by themselves. */
  formerUntil: Date;
}

/** What is written with a change: its security event, and the usage event of its request. */
interface Recorded {
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

/** One secret in use, and the last two that were rotated away. */
const keptSecrets = 3;

/** Keys inside their accounts. Each operation is one statement on one account, with its security event in the same batch. */
export function keyStore(database: Pick<Database, "run">) {
  const change = (recorded: Recorded, filter: Document, update: Document | Document[]) =>
    recordedChange(database, { filter, update, ...recorded });

  return {
    /** Adds a key. False if the account has `mostKeys` or is not active any more. */
    add: (accountId: ObjectId, key: StoredKey, recorded: Recorded): Promise<boolean> =>
      change(
        recorded,
        { _id: accountId, status: "active", [`keys.${mostKeys - 1}`]: { $exists: false } },
        { $push: { keys: key } },
      ),

    /** Changes what a key may do, from the next request on. False if there is no such key. */
    update: (
      accountId: ObjectId,
      keyId: ObjectId,
      changes: StoredKeyChanges,
      recorded: Recorded,
    ): Promise<boolean> =>
      change(recorded, { _id: accountId, "keys.id": keyId }, updateOf(changes)),

    /**
     * Puts a new secret in the place of a key's own, which lives on for a while, never past the key's
     * end. A secret that is the key's own already changes nothing. False if there is no such key.
     */
    rotate: (
      accountId: ObjectId,
      keyId: ObjectId,
      { hash, masked, formerUntil }: NewSecret,
      recorded: Recorded,
    ): Promise<boolean> => {
      const former = {
        $map: {
          input: "$$key.secrets",
          as: "secret",
          in: {
            hash: "$$secret.hash",
            // $min passes over what is missing.
            until: { $min: ["$$secret.until", literal(formerUntil), "$$key.expiresAt"] },
          },
        },
      };
      const rotated = {
        $mergeObjects: [
          "$$key",
          {
            masked: literal(masked),
            secrets: {
              $slice: [{ $concatArrays: [[{ hash: literal(hash) }], former] }, keptSecrets],
            },
          },
        ],
      };
      const isOwn = { $eq: [{ $first: "$$key.secrets.hash" }, literal(hash)] };
      const isThis = { $eq: ["$$key.id", keyId] };
      const keys = {
        $map: {
          input: "$keys",
          as: "key",
          in: { $cond: [{ $and: [isThis, { $not: [isOwn] }] }, rotated, "$$key"] },
        },
      };
      return change(recorded, { _id: accountId, "keys.id": keyId }, [{ $set: { keys } }]);
    },

    /** Ends a key. False if there is no such key. */
    revoke: (accountId: ObjectId, keyId: ObjectId, recorded: Recorded): Promise<boolean> =>
      change(recorded, { _id: accountId, "keys.id": keyId }, { $pull: { keys: { id: keyId } } }),
  };
}

export type KeyStore = ReturnType<typeof keyStore>;

/** The update of the key that the filter found; a limit that stays keeps what was spent. */
function updateOf({ creditLimit, ...changes }: StoredKeyChanges): Document {
  const set: Document = {};
  const unset: Document = {};
  for (const [field, value] of Object.entries(changes)) {
    if (value === null) unset[`keys.$.${field}`] = "";
    else if (value !== undefined) set[`keys.$.${field}`] = value;
  }
  if (creditLimit === null) unset["keys.$.cap"] = "";
  if (typeof creditLimit !== "number") return { $set: set, $unset: unset };
  const limit = { ...set, "keys.$.cap.limit": creditLimit };
  return { $set: limit, $unset: unset, $inc: { "keys.$.cap.used": 0 } };
}
