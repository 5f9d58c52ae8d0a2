import type { Db, Document, ObjectId } from "mongodb";
import * as z from "zod";
import { accountsCollection, StoredAccount } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { fieldsOf } from "../db/fields-of.ts";
import { literal } from "../db/literal.ts";
import type { CodePurpose } from "./one-time-code.ts";
import type { SendLimit } from "./rules.ts";

/** Of an account, what its mails are made from. */
const MailAccount = StoredAccount.pick({
  _id: true,
  username: true,
  email: true,
  pendingEmail: true,
  verified: true,
  codes: true,
  sends: true,
});
type MailAccount = z.output<typeof MailAccount>;

/** The server's clock comes with the account, except in the reply to a retried write: there ours stands in. */
const Answered = MailAccount.extend({ now: z.date().optional() });

function answered(found: unknown): { account: MailAccount; now: Date } {
  const { now = new Date(), ...account } = Answered.parse(found);
  return { account, now };
}

const accounts = (db: Db) => db.collection<StoredAccount>(accountsCollection.name);

const epoch = new Date(0);

const today = { $dateToString: { date: "$$NOW", format: "%Y-%m-%d" } };

const sentToday = (purpose: keyof MailAccount["sends"]): Document => ({
  $cond: [{ $eq: [`$sends.${purpose}.day`, today] }, `$sends.${purpose}.count`, 0],
});

/** One more mail of a purpose, counted. */
const oneMore = (purpose: keyof MailAccount["sends"]): Document => ({
  day: today,
  count: { $add: [sentToday(purpose), 1] },
  lastAt: "$$NOW",
});

interface NewCode {
  account: ObjectId;
  purpose: CodePurpose;
  hash: string;
  /** Milliseconds. */
  lifetime: number;
  /** What a new mail must keep to; or, for another try of a mail, when its first was made. */
  allowed: SendLimit | { since: Date };
}

/** One-time codes inside their accounts. Each operation is one statement on one account. */
export function codeStore(database: Pick<Database, "run">) {
  return {
    /** An active account, found by its id or by its address in lower case, and the database's time. */
    find: async (by: { _id: ObjectId } | { email: string }) => {
      const filter = { ...by, status: "active" as const };
      const found = await database.run((db) =>
        accounts(db).findOne(filter, { projection: fieldsOf(Answered) }),
      );
      return found ? answered(found) : undefined;
    },

    /**
     * Puts a code in the place of the one before it, if there is something to prove and another
     * mail may be sent, and counts the mail. Says what the account then is: whether it holds the
     * code tells if it was allowed. `sendRefusal` of rules.ts is the same decision.
     */
    mint: async ({ account, purpose, hash, lifetime, allowed }: NewCode) => {
      const lastAt = { $ifNull: [`$sends.${purpose}.lastAt`, epoch] };
      const provable =
        purpose === "passwordReset"
          ? true
          : { $or: [{ $not: ["$verified"] }, { $gt: ["$pendingEmail", null] }] };
      const inTime =
        "since" in allowed
          ? { $lte: [lastAt, allowed.since] }
          : {
              $and: [
                { $lt: [sentToday(purpose), allowed.perDay] },
                { $lte: [{ $add: [lastAt, allowed.wait] }, "$$NOW"] },
              ],
            };
      const code = {
        hash: literal(hash),
        expiresAt: { $add: ["$$NOW", lifetime] },
        tries: 0,
        email: purpose === "passwordReset" ? "$email" : { $ifNull: ["$pendingEmail", "$email"] },
      };
      const admitted = { $and: [provable, inTime] };
      const merged = (name: string, part: Document) => ({
        $cond: [admitted, { $mergeObjects: [`$${name}`, { [purpose]: part }] }, `$${name}`],
      });
      const found = await database.run((db) =>
        accounts(db).findOneAndUpdate(
          { _id: account, status: "active" },
          [
            {
              $set: {
                codes: merged("codes", code),
                ...("since" in allowed ? {} : { sends: merged("sends", oneMore(purpose)) }),
              },
            },
          ],
          { projection: fieldsOf(Answered), returnDocument: "after" },
        ),
      );
      return found ? answered(found) : undefined;
    },

    /**
     * Counts a notice, unless the account was sent `perDay` of them today. Gives the account as it
     * was before, from which `sendRefusal` of rules.ts tells whether it was counted.
     */
    countNotice: async (account: ObjectId, perDay: number) => {
      const counted = { $mergeObjects: ["$sends", { notice: oneMore("notice") }] };
      const found = await database.run((db) =>
        accounts(db).findOneAndUpdate(
          { _id: account, status: "active" },
          [
            {
              $set: {
                sends: { $cond: [{ $lt: [sentToday("notice"), perDay] }, counted, "$sends"] },
              },
            },
          ],
          { projection: fieldsOf(Answered), returnDocument: "before" },
        ),
      );
      return found ? answered(found) : undefined;
    },
  };
}

export type CodeStore = ReturnType<typeof codeStore>;
