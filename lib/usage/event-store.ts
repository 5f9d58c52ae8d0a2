import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { insertUsage, type UsageFacts } from "./event.ts";

/** Usage events that stand alone; those of metered requests are written by settlements. */
export function usageEventStore(database: Pick<Database, "run">) {
  return {
    /** Writes an event, once, within `bound` milliseconds. @returns false if it stands already */
    insert: async (event: UsageFacts, bound?: number): Promise<boolean> => {
      try {
        await database.run((db) => db.client.bulkWrite([insertUsage(db, event)]), bound);
        return true;
      } catch (error) {
        // A change wrote it whose reply was lost.
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
  };
}

export type UsageEventStore = ReturnType<typeof usageEventStore>;
