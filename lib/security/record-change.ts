import type {
  AnyClientBulkWriteModel,
  ClientDeleteOneModel,
  ClientUpdateOneModel,
  Collection,
  Db,
  Document,
} from "mongodb";
import type { Database } from "../db/connection.ts";
import { usageEventsCollection } from "../usage/event.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "./events.ts";
import type { Proof } from "./proof.ts";

export interface RecordedChange {
  /** Names one document, and may ask more of it. */
  filter: Document;
  update: Document | Document[];
  /** What to record of it. */
  event: SecurityEvent | SecurityEvent[];
  /** What is deleted with it, whether the document is as `filter` says or not. */
  also?: (db: Db) => ClientDeleteOneModel<Document>[];
  /** Attempts that are over with it, whether the document is as `filter` says or not. */
  attempts?: {
    over: (db: Db) => ClientUpdateOneModel<Document>[];
    /** What the document can only be once it is changed, asked for where counts don't tell: see `isThere`. */
    changed: Document;
  };
  /** What it rests on, if the password was asked for. The update is a pipeline then. */
  proof?: Proof | undefined;
  /** Of the request that is a success once this change is made; its event then goes with it. */
  usage?: CarriedUsage | undefined;
}

/**
 * Changes one document of a collection and records it in the same batch.
 * @returns false if it is not as `filter` says; then it is not changed, and nothing is recorded
 */
export const recordChange = (
  database: Pick<Database, "run">,
  collection: string,
  { filter, update, event, also, attempts, proof, usage }: RecordedChange,
): Promise<boolean> =>
  database.run(async (db) => {
    const events = [event].flat();
    const carried = usage?.steps(db) ?? [];
    const over = attempts?.over(db) ?? [];
    const { matchedCount } = await db.client.bulkWrite([
      {
        name: "updateOne",
        namespace: `${db.databaseName}.${collection}`,
        filter,
        update: proof ? [...[update].flat(), ...proof.forgets] : update,
      },
      ...over,
      ...(also?.(db) ?? []),
      ...events.map((one) => insertEvent(db, one)),
      ...carried,
    ]);
    // Only these steps find documents; the others insert and delete.
    const isSure = matchedCount === 0 || matchedCount === 1 + over.length;
    const isMade = isSure
      ? matchedCount > 0
      : await isThere(db.collection(collection), { ...attempts?.changed, _id: filter._id });
    if (!isMade) {
      await takeBack(db, events, carried.length > 0 ? usage?.id : undefined);
      return false;
    }
    if (carried.length > 0) usage?.stands();
    proof?.settle();
    return true;
  });

/**
 * Some of a batch's updates found nothing: the change, or only attempts that somebody forgot meanwhile.
 * What another request undid in between, such as a session it ended at once, is told as not made.
 */
const isThere = async (collection: Collection, changed: Document): Promise<boolean> =>
  (await collection.countDocuments(changed)) > 0;

/** Another request was first. A batch has no condition, so what it recorded but did not do is removed. */
async function takeBack(
  db: Db,
  events: readonly SecurityEvent[],
  usageId: string | undefined,
): Promise<void> {
  const removal = (name: string, _id: unknown): AnyClientBulkWriteModel<Document> => ({
    name: "deleteOne",
    namespace: `${db.databaseName}.${name}`,
    filter: { _id } as Document,
  });
  const steps = events.map(({ _id }) => removal(securityEventsCollection.name, _id));
  if (usageId !== undefined) steps.push(removal(usageEventsCollection.name, usageId));
  if (steps.length > 0) await db.client.bulkWrite(steps);
}
