import type { Document, ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { literal } from "../db/literal.ts";
import { insertEvent, type SecurityEvent } from "../security/events.ts";
import { recordChange } from "../security/record-change.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";

/** A collection of this kind has the service's one document. The driver takes every `_id` for an ObjectId. */
const id = "service" as unknown as ObjectId;

interface Replacement {
  /** The version it was made from; 0 if there was none. */
  version: number;
  fields: Document;
  /** Id of the member of staff who makes it. */
  by: string;
  event: SecurityEvent;
  /** Of the request that makes it; its event goes with it. */
  usage: CarriedUsage | undefined;
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
    replace: async ({ version, fields, by, event, usage }: Replacement): Promise<boolean> => {
      const set = { ...fields, version: version + 1, updatedBy: by };
      const literals = Object.entries(set).map(([name, value]) => [name, literal(value)]);
      const update = [{ $set: { ...Object.fromEntries(literals), updatedAt: "$$NOW" } }];
      const filter = { _id: id, version };
      if (version > 0) return recordChange(database, collection, { filter, update, event, usage });
      try {
        await database.run((db) => {
          const namespace = `${db.databaseName}.${collection}`;
          return db.client.bulkWrite([
            { name: "updateOne", namespace, filter, update, upsert: true },
            insertEvent(db, event),
            ...(usage?.steps(db) ?? []),
          ]);
        });
        usage?.stands();
        return true;
      } catch (error) {
        // Somebody else's first version is there: the batch ends before its event.
        if (isDuplicateKey(error, 0)) return false;
        throw error;
      }
    },
  };
}
