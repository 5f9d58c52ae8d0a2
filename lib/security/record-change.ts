import type { AnyClientBulkWriteModel, Db, Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "./events.ts";

export interface RecordedChange {
  /** Names one document, and may ask more of it. */
  filter: Document;
  update: Document | Document[];
  /** What to record of it. */
  event: SecurityEvent | SecurityEvent[];
  /** Steps that go with it, and are made whether the document is as `filter` says or not. */
  also?: (db: Db) => AnyClientBulkWriteModel<Document>[];
}

/**
 * Changes one document of a collection and records it in the same batch.
 * @returns false if it is not as `filter` says; then it is not changed, and nothing is recorded
 */
export const recordChange = (
  database: Pick<Database, "run">,
  collection: string,
  { filter, update, event, also }: RecordedChange,
): Promise<boolean> =>
  database.run(async (db) => {
    const namespace = `${db.databaseName}.${collection}`;
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
