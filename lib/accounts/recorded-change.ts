import type { Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "../security/events.ts";
import { accountsCollection } from "./document.ts";

interface Change {
  /** Names one account, and may ask more of it. */
  filter: Document;
  update: Document | Document[];
  /** What to record of it. */
  event: SecurityEvent;
}

/**
 * Changes one account and records it in the same batch.
 * @returns false if the account is not as `filter` says; then nothing is changed or recorded
 */
export const recordedChange = (
  database: Pick<Database, "run">,
  { filter, update, event }: Change,
): Promise<boolean> =>
  database.run(async (db) => {
    const namespace = `${db.databaseName}.${accountsCollection.name}`;
    const { matchedCount } = await db.client.bulkWrite([
      { name: "updateOne", namespace, filter, update },
      insertEvent(db, event),
    ]);
    if (matchedCount === 1) return true;
    // Another request was first. A batch has no condition, so what did not happen is taken back.
    await db.collection(securityEventsCollection.name).deleteOne({ _id: event._id });
    return false;
  });
