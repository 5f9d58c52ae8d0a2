import type { Database } from "../db/connection.ts";
import { type SecurityEvent, securityEventsCollection } from "./events.ts";

/** Security events that no change belongs to; the others are written with their change. */
export function eventStore(database: Pick<Database, "run">) {
  return {
    record: (...events: SecurityEvent[]): Promise<unknown> =>
      database.run((db) =>
        db.collection<SecurityEvent>(securityEventsCollection.name).insertMany(events),
      ),
  };
}

export type EventStore = ReturnType<typeof eventStore>;
