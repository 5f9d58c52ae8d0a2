import type { Db, ObjectId } from "mongodb";
import { type LedgerEntry, ledgerCollection } from "../credits/ledger.ts";
import type { Database } from "../db/connection.ts";
import { messageLogsCollection, type StoredMessage } from "../messages/message-log.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "../security/events.ts";
import { type UsageEvent, usageEventsCollection } from "../usage/event.ts";

/** Entries of one kind in an export at most, the newest: an answer that is not streamed ends at 6 MB. */
const most = 5_000;

/** Usage events in an export at most, the newest. */
const mostUsage = 2_000;

/** Characters of messages in an export at most, for the same reason. */
const mostText = 2_000_000;

/** The newest messages of an account, as many as fit. */
async function newestMessages(db: Db, account: ObjectId): Promise<StoredMessage[]> {
  const found = db
    .collection<StoredMessage>(messageLogsCollection.name)
    .find({ account }, { batchSize: 20 })
    .sort({ at: -1 });
  const messages: StoredMessage[] = [];
  let length = 0;
  for await (const message of found) {
    length += message.messages.length;
    if (length > mostText) break;
    messages.push(message);
  }
  return messages;
}

/** What is kept of an account outside of it. */
export function exportStore(database: Pick<Database, "run">) {
  return {
    /** Everything that belongs to an account, newest first; that it was asked for is recorded too. */
    read: (account: ObjectId, event: SecurityEvent) =>
      database.run(async (db) => {
        const [ledger, events, usage, messages] = await Promise.all([
          db
            .collection<LedgerEntry>(ledgerCollection.name)
            .find({ account })
            .sort({ at: -1 })
            .limit(most)
            .toArray(),
          db
            .collection<SecurityEvent>(securityEventsCollection.name)
            .find({ subject: account })
            .sort({ at: -1 })
            .limit(most)
            .toArray(),
          db
            .collection<UsageEvent>(usageEventsCollection.name)
            .find({ account })
            .sort({ recorded: -1 })
            .limit(mostUsage)
            .toArray(),
          newestMessages(db, account),
          db.client.bulkWrite([insertEvent(db, event)]),
        ]);
        return { ledger, events, usage, messages };
      }),
  };
}

export type ExportStore = ReturnType<typeof exportStore>;
