import type { Db } from "mongodb";
import type { Database } from "../db/connection.ts";
import { isDuplicateKey } from "../db/duplicate-key.ts";
import { type IdempotencyRecord, keepRecord } from "../idempotency/record.ts";
import { keepMessage, type StoredMessage } from "../messages/message-log.ts";
import {
  insertUsage,
  MeteredFacts,
  type UsageEvent,
  usageEventsCollection,
} from "../usage/event.ts";
import { lateEvent } from "../usage/request-event.ts";
import { complete, completion } from "./complete.ts";

/** Everything that is written when a request has ended. */
export interface Settlement {
  event: MeteredFacts;
  /** Whether it had a hold, which then ends with a ledger entry. */
  held: boolean;
  record: IdempotencyRecord | undefined;
  messages: readonly StoredMessage[];
}

const usageEvents = (db: Db) => db.collection<UsageEvent>(usageEventsCollection.name);

/** The end of requests: the insert of the event decides, all else follows from the stored event. */
export function settlementStore(database: Pick<Database, "run">) {
  const find = async (id: string): Promise<MeteredFacts | undefined> => {
    const event = await database.run((db) =>
      usageEvents(db).findOne({ _id: id }, { projection: { recorded: 0 } }),
    );
    return event ? MeteredFacts.parse(event) : undefined;
  };

  /** The event that stands, once its insert has met a duplicate. */
  const stored = async (id: string): Promise<MeteredFacts> => {
    const event = await find(id);
    if (!event) throw new Error(`the usage event ${id} is neither there nor new`);
    return event;
  };

  /** Inserts an event unless one stands already. @returns the one that stands */
  const decide = async (event: MeteredFacts): Promise<MeteredFacts> => {
    try {
      await database.run((db) => db.client.bulkWrite([insertUsage(db, event)]));
      return event;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return stored(event._id);
    }
  };

  return {
    /** The event of a request that is decided. */
    find,

    decide,

    complete: (event: MeteredFacts): Promise<unknown> => complete(database, event),

    /**
     * Writes a settlement in one batch, within `bound` milliseconds. If the request is decided already
     * it makes true what was decided; if that was to give it up, what it used is recorded as late.
     * @returns the event that stands
     */
    settle: async (
      { event, held, record, messages }: Settlement,
      bound: number,
    ): Promise<MeteredFacts> => {
      try {
        await database.run(
          (db) =>
            db.client.bulkWrite([
              ...(record ? [keepRecord(db, record)] : []),
              insertUsage(db, event),
              ...messages.map((message) => keepMessage(db, message)),
              ...(held ? completion(db, event) : []),
            ]),
          bound,
        );
        return event;
      } catch (error) {
        // A duplicate of another step is a failure like any other.
        if (!isDuplicateKey(error, record ? 1 : 0)) throw error;
      }
      const decided = await stored(event._id);
      if (held) await complete(database, decided);
      if (decided.outcome === "abandoned") await decide(lateEvent(event));
      return decided;
    },
  };
}

export type SettlementStore = ReturnType<typeof settlementStore>;
