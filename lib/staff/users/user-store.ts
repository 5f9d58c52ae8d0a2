import type { Db, Document, ObjectId } from "mongodb";
import * as z from "zod";
import { closing } from "../../accounts/closing.ts";
import { accountsCollection, StoredAccount } from "../../accounts/document.ts";
import { recordedChange } from "../../accounts/recorded-change.ts";
import { leftToday, today } from "../../credits/left-today.ts";
import type { Database } from "../../db/connection.ts";
import { isDuplicateKey } from "../../db/duplicate-key.ts";
import { fieldsOf } from "../../db/fields-of.ts";
import { literal } from "../../db/literal.ts";
import type { SecurityEvent } from "../../security/events.ts";
import { forgetAttempts } from "../../security/throttle/store.ts";
import type { CarriedUsage } from "../../usage/request-usage.ts";
import type { Edit } from "./edit.ts";
import { type NewPosting, posted } from "./new-posting.ts";
import { UserAccount } from "./user.ts";

const Found = UserAccount.extend({ keys: StoredAccount.shape.keys, now: z.date() });

/** Accounts that staff may change: not those that are on their way out. */
export const changeable = { $in: ["active", "suspended"] };

const accountsOf = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

/** What is written with a change: its security event, and the usage event of its request. */
export interface Recorded {
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

interface EditOf extends Recorded {
  account: ObjectId;
  edit: Edit;
  /** Of the change of the balance, if `edit` has one. */
  posting: NewPosting;
}

interface OneTimePassword extends Recorded {
  account: ObjectId;
  /** PHC string. */
  passwordHash: string;
  /** Under which the account's logins may be locked. */
  forget: readonly string[];
}

/** What staff does to accounts. Each change is one statement on one account, with its security event in the same batch. */
export function userStore(database: Pick<Database, "run">) {
  return {
    /** An account with its keys, and the database's time. */
    find: async (account: ObjectId) => {
      const found = await database.run((db) =>
        accountsOf(db).findOne({ _id: account }, { projection: fieldsOf(Found) }),
      );
      if (!found) return undefined;
      const { now, ...user } = Found.parse(found);
      return { user, now };
    },

    /**
     * Makes an edit, if all that it changes still is as it was read, so that its event tells the truth.
     * @returns "changed" if not, or if the balance would fall below zero; "taken" if another account has the address
     */
    edit: async ({ account, edit, posting, event, usage }: EditOf) => {
      const { set, before, creditsLeft } = edit;
      try {
        const done = await recordedChange(database, {
          filter: {
            _id: account,
            status: changeable,
            ...before,
            ...(creditsLeft !== undefined && {
              $expr: { $lte: [leftAfter("allowance", set), creditsLeft] },
            }),
          },
          update: statement(edit, posting),
          event,
          usage,
        });
        return done ? "done" : "changed";
      } catch (error) {
        if (set.email !== undefined && isDuplicateKey(error)) return "taken";
        throw error;
      }
    },

    /** The first step of deleting an account, as if by its owner. False if it was closed already. */
    close: (
      account: ObjectId,
      { by, reason }: { by: string; reason: string },
      recorded: Recorded,
    ) =>
      recordedChange(database, {
        filter: { _id: account, status: changeable },
        update: closing({ by, reason }),
        ...recorded,
      }),

    /** Forgets failed logins of an account's names, and failed proofs of its password. False if the account is gone. */
    unlock: (account: ObjectId, keys: readonly string[], recorded: Recorded) =>
      recordedChange(database, {
        filter: { _id: account, status: changeable },
        update: [{ $set: { updatedAt: "$$NOW" } }, { $unset: "proof" }],
        ...recorded,
        also: (db) => keys.map((key) => forgetAttempts(db, key)),
      }),

    /** Gives an account a password that must be changed; ends its sessions, codes, locks and a change of address. */
    setPassword: ({ account, passwordHash, forget, event, usage }: OneTimePassword) =>
      recordedChange(database, {
        filter: { _id: account, status: changeable },
        update: [
          {
            $set: {
              passwordHash: literal(passwordHash),
              passwordIsTemporary: true,
              sessions: [],
              codes: literal({}),
              updatedAt: "$$NOW",
            },
          },
          { $unset: ["pendingEmail", "proof"] },
        ],
        event,
        usage,
        also: (db) => forget.map((key) => forgetAttempts(db, key)),
      }),
  };
}

export type UserStore = ReturnType<typeof userStore>;

/** What a daily figure has left once an edit has set what it is allowed a day. */
const leftAfter = (field: "allowance" | "conversations", set: Edit["set"]): Document =>
  leftToday(field, set[`${field}.perDay`] ?? `$${field}.perDay`);

/** An edit as one pipeline. What it says of a day's allowance counts before what it says of what is left. */
function statement({ set, creditsLeft, conversationsLeft }: Edit, posting: NewPosting): Document[] {
  const values = Object.fromEntries(
    Object.entries(set).map(([name, value]) => [name, literal(value)]),
  );
  const stages: Document[] = [{ $set: { ...values, updatedAt: "$$NOW" } }];
  if (set.email !== undefined) {
    // Codes went to the old address, and whoever opened a session may have been there.
    stages.push({ $set: { codes: literal({}), sessions: [] } }, { $unset: "pendingEmail" });
  }
  if (conversationsLeft !== undefined) {
    const used = { $subtract: ["$conversations.perDay", conversationsLeft] };
    const perDay = "$conversations.perDay";
    stages.push({ $set: { conversations: { day: today, perDay, used } } });
  }
  if (creditsLeft !== undefined) {
    const balance = { $subtract: [creditsLeft, leftToday("allowance", "$allowance.perDay")] };
    stages.push({ $set: posted(posting, balance) });
  }
  return stages;
}
