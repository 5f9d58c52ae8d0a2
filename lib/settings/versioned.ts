import type { Document, ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { literal } from "../db/literal.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "../security/events.ts";

/** Its `_id`: a collection of this kind has the service's one document. */
const id = "service" as unknown as ObjectId;

interface Replacement {
  /** The version it was made from; 0 if there was none. */
  version: number;
  fields: Document;
  /** Id of the member of staff who makes it. */
  by: string;
  event: SecurityEvent;
}

/**
 * The one document of a collection that is read as a whole and changed only by who has seen its
 * latest version.
 */
export function versionedDocument(database: Pick<Database, "run">, collection: string) {
  return {
    find: (projection: Document = {}): Promise<Document | null> =>
      database.run((db) => db.collection(collection).findOne({ _id: id }, { projection })),

    /**
     * Puts fields in and records it, in one batch.
     * @returns false if the document has another version by now; then nothing is changed or recorded
     */
    replace: ({ version, fields, by, event }: Replacement): Promise<boolean> =>
      database.run(async (db) => {
        const set = { ...fields, version: version + 1, updatedBy: by };
        const literals = Object.entries(set).map(([name, value]) => [name, literal(value)]);
        const update = [{ $set: { ...Object.fromEntries(literals), updatedAt: "$$NOW" } }];
        const namespace = `${db.databaseName}.${collection}`;
        try {
          const { matchedCount, upsertedCount } = await db.client.bulkWrite([
            {
              name: "updateOne",
              namespace,
              filter: { _id: id, version },
              update,
              // A document that is there with another version makes this a duplicate key.
              upsert: version === 0,
            },
            insertEvent(db, event),
          ]);
          if (matchedCount + upsertedCount === 1) return true;
        } catch (error) {
          if (isDuplicateKey(error, 0)) return false;
          throw error;
        }
        // Another change was first. A batch has no condition, so what did not happen is taken back.
        await db
          .collection<SecurityEvent>(securityEventsCollection.name)
          .deleteOne({ _id: event._id });
        return false;
      }),
  };
}
