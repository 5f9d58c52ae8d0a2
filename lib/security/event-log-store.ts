import { type Document, ObjectId } from "mongodb";
import { accountsCollection } from "../accounts/document.ts";
import type { Database } from "../db/connection.ts";
import { newest } from "../db/newest.ts";
import type { Slice } from "../paging.ts";
import { staffCollection } from "../staff/document.ts";
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
    /** A part of the events that fit, newest first, with the names of whom they happened to. */
    list: (filter: EventFilter, slice: Slice) =>
      database.run(async (db) => {
        const events = db.collection<SecurityEvent>(securityEventsCollection.name);
        const idOf = (text: string) => new ObjectId(text);
        const part = await newest(events, { filter: filterOf(filter), slice, idOf });
        const subjects = part.entries.flatMap(({ subject }) => (subject ? [subject] : []));
        const holders = await Promise.all(
          [accountsCollection, staffCollection].map(({ name }) =>
            db
              .collection<{ _id: ObjectId; username: string }>(name)
              .find({ _id: { $in: subjects } }, { projection: { username: 1 } })
              .toArray(),
          ),
        );
        const names = holders.flat().map(({ _id, username }) => [_id.toHexString(), username]);
        return { ...part, usernames: new Map(names as [string, string][]) };
      }),
  };
}

export type EventLogStore = ReturnType<typeof eventLogStore>;
