import type { Db, Document, ObjectId } from "mongodb";
import * as z from "zod";
import { deletedAccountsCollection } from "../../accounts/deleted-account.ts";
import { accountsCollection, StoredAccount } from "../../accounts/document.ts";
import { type LedgerEntry, ledgerCollection } from "../../credits/ledger.ts";
import type { Database } from "../../db/connection.ts";
import { fieldsOf } from "../../db/fields-of.ts";
import { newest } from "../../db/newest.ts";
import { messageLogsCollection, StoredMessage } from "../../messages/message-log.ts";
import type { Slice } from "../../paging.ts";

const WithSessions = StoredAccount.pick({ _id: true, sessions: true }).extend({ now: z.date() });

/** A message without its text, and the bytes of that. */
const Outline = StoredMessage.omit({ messages: true }).strip().extend({ bytes: z.int() });

const outlineFields: Document = {
  ...Object.fromEntries(Object.keys(Outline.shape).map((name) => [name, 1])),
  bytes: { $strLenBytes: "$messages" },
};

/** Bytes of messages in one answer at most: one that is not streamed ends at 6 MB. */
const mostBytes = 4_000_000;

const text = (id: string): string => id;

/** What is kept of a user beside the account. */
export function recordStore(database: Pick<Database, "run">) {
  const isKnown = async (db: Db, account: ObjectId): Promise<boolean> => {
    const found = await Promise.all(
      [accountsCollection, deletedAccountsCollection].map(({ name }) =>
        db.collection(name).findOne({ _id: account }, { projection: { _id: 1 } }),
      ),
    );
    return found.some((one) => one !== null);
  };

  return {
    /** A part of the ledger of a user, also of one who was removed. Undefined if there never was one. */
    ledger: (account: ObjectId, slice: Slice) =>
      database.run(async (db) => {
        const entries = db.collection<LedgerEntry>(ledgerCollection.name);
        const [known, part] = await Promise.all([
          isKnown(db, account),
          newest(entries, { filter: { account }, slice, idOf: text }),
        ]);
        return known ? part : undefined;
      }),

    /** The sessions of a user and the database's time. */
    sessions: async (account: ObjectId) => {
      const found = await database.run((db) =>
        db
          .collection(accountsCollection.name)
          .findOne({ _id: account }, { projection: fieldsOf(WithSessions) }),
      );
      return found ? WithSessions.parse(found) : undefined;
    },

    /**
     * A part of the messages of a user. Those that do not fit into an answer any more come without
     * their text. Undefined if there is no such user.
     */
    messages: (account: ObjectId, slice: Slice) =>
      database.run(async (db) => {
        const collection = db.collection<StoredMessage>(messageLogsCollection.name);
        const [known, part] = await Promise.all([
          isKnown(db, account),
          newest(collection, {
            filter: { account },
            slice,
            projection: outlineFields,
            idOf: text,
          }),
        ]);
        if (!known) return undefined;
        const outlines = z.array(Outline).parse(part.entries);
        const fitting = new Set(firstWithin(outlines, mostBytes));
        const texts = await collection
          .find({ _id: { $in: [...fitting] } }, { projection: { messages: 1 } })
          .toArray();
        const byId = new Map(texts.map(({ _id, messages }) => [_id, messages]));
        const messages = outlines.map((one) => ({ ...one, messages: byId.get(one._id) }));
        return { messages, total: part.total, last: part.last };
      }),
  };
}

export type RecordStore = ReturnType<typeof recordStore>;

/** The ids of the first ones that have no more bytes than that together. */
function firstWithin(outlines: readonly { _id: string; bytes: number }[], most: number): string[] {
  let sum = 0;
  const ids: string[] = [];
  for (const { _id, bytes } of outlines) {
    sum += bytes;
    if (sum > most) break;
    ids.push(_id);
  }
  return ids;
}
