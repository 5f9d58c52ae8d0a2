import type { AnyClientBulkWriteModel, Db, Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "../security/events.ts";
import { accountsCollection } from "./document.ts";

interface Change {
  /** Names one account, and may ask more of it. */
  filter: Document;
  update: Document | Document[];
  /** What to record of it. */
  event: SecurityEvent | SecurityEvent[];
  /** Steps that go with it, and are made whether the account is as `filter` says or not. */
  also?: (db: Db) => AnyClientBulkWriteModel<Document>[];
}

/**
 * Changes one account and records it in the same batch.
 * @returns false if the account is not as `filter` says; then it is not changed, and nothing is recorded
 */
export const recordedChange = (
  database: Pick<Database, "run">,
  { filter, update, event, also }: Change,
): Promise<boolean> =>
  database.run(async (db) => {
    const namespace = `${db.databaseName}.${accountsCollection.name}`;
    const events = [event].flat();
    const { updateResults } = await db.client.bulkWrite(
      [
        { name: "updateOne", namespace, filter, update },
        ...(also?.(db) ?? []),
        ...events.map((one) => insertEvent(db, one)),
      ],
      { verboseResults: true },
    );
    if (updateResults?.get(0)?.matchedCount === 1) return true;
    // Another request was first. A batch has no condition, so what did not happen is taken back.
    await db
      .collection<SecurityEvent>(securityEventsCollection.name)
      .deleteMany({ _id: { $in: events.map(({ _id }) => _id) } });
    return false;
  });
