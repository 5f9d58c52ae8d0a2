import type { ObjectId } from "mongodb";
import { type LedgerEntry, ledgerCollection } from "../credits/ledger.ts";
import type { Database } from "../db/connection.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "../security/events.ts";

/** Entries of one kind in an export at most, the newest: an answer that is not streamed ends at 6 MB. */
const most = 5_000;

/** What is kept of an account outside of it. */
export function exportStore(database: Pick<Database, "run">) {
  return {
    /** Everything that belongs to an account, newest first; that it was asked for is recorded too. */
    read: (account: ObjectId, event: SecurityEvent) =>
      database.run(async (db) => {
        const [ledger, events] = await Promise.all([
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
          db.client.bulkWrite([insertEvent(db, event)]),
        ]);
        return { ledger, events };
      }),
  };
}

export type ExportStore = ReturnType<typeof exportStore>;
