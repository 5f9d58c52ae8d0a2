import { type Document, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { newest } from "../db/newest.ts";
import type { Slice } from "../paging.ts";
import { type SecurityEvent, securityEventsCollection } from "./events.ts";

/** What is asked of events; what is undefined is not asked. */
interface EventFilter {
  type: string | undefined;
  severity: SecurityEvent["severity"] | undefined;
  subject: ObjectId | undefined;
  actor: ObjectId | undefined;
  ip: string | undefined;
  /** Not before; and before. */
  from: Date | undefined;
  to: Date | undefined;
}

function filterOf({ type, severity, subject, actor, ip, from, to }: EventFilter): Document {
  const asked = { type, severity, subject, "actor.id": actor, ip };
  return {
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
    ...((from || to) && { at: { ...(from && { $gte: from }), ...(to && { $lt: to }) } }),
  };
}

/** The log of security events as it is read. */
export function eventLogStore(database: Pick<Database, "run">) {
  return {
    /** A part of the events that fit, newest first, with the names of the users they happened to. */
    list: (filter: EventFilter, slice: Slice) =>
      database.run(async (db) => {
        const events = db.collection<SecurityEvent>(securityEventsCollection.name);
        const idOf = (text: string) => new ObjectId(text);
        const part = await newest(events, { filter: filterOf(filter), slice, idOf });
        const subjects = part.entries.flatMap(({ subject }) => (subject ? [subject] : []));
        const users = await db
          .collection<StoredAccount>(accountsCollection.name)
          .find({ _id: { $in: subjects } }, { projection: { username: 1 } })
          .toArray();
        const usernames = new Map(users.map(({ _id, username }) => [_id.toHexString(), username]));
        return { ...part, usernames };
      }),
  };
}

export type EventLogStore = ReturnType<typeof eventLogStore>;
