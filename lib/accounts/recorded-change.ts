import type { AnyClientBulkWriteModel, Db, Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { insertEvent, type SecurityEvent, securityEventsCollection } from "../security/events.ts";
import { usageEventsCollection } from "../usage/event.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { accountsCollection } from "./document.ts";

interface Change {
  /** Names one account, and may ask more of it. */
  filter: Document;
  update: Document | Document[];
  /** What to record of it. */
  event: SecurityEvent | SecurityEvent[];
  /** Steps that go with it, and are made whether the account is as `filter` says or not. */
  also?: (db: Db) => AnyClientBulkWriteModel<Document>[];
  /** Of the request that is a success once this change is made; its event then goes with it. */
  usage?: CarriedUsage | undefined;
}

/**
 * Changes one account and records it in the same batch.
 * @returns false if the account is not as `filter` says; then it is not changed, and nothing is recorded
 */
export const recordedChange = (
  database: Pick<Database, "run">,
  { filter, update, event, also, usage }: Change,
): Promise<boolean> =>
  database.run(async (db) => {
    const namespace = `${db.databaseName}.${accountsCollection.name}`;
    const events = [event].flat();
    const carried = usage?.steps(db) ?? [];
    const { updateResults } = await db.client.bulkWrite(
      [
        { name: "updateOne", namespace, filter, update },
        ...(also?.(db) ?? []),
        ...events.map((one) => insertEvent(db, one)),
        ...carried,
      ],
      { verboseResults: true },
    );
    const isMade = updateResults?.get(0)?.matchedCount === 1;
    // Another request was first. A batch has no condition, so what did not happen is taken back.
    if (!isMade) await takeBack(db, events, carried);
    if (isMade && carried.length > 0) usage?.stands();
    return isMade;
  });

async function takeBack(
  db: Db,
  events: SecurityEvent[],
  carried: ReturnType<CarriedUsage["steps"]>,
): Promise<void> {
  const remove = (name: string, ids: unknown[]): AnyClientBulkWriteModel<Document>[] =>
    ids.map((_id) => ({
      name: "deleteOne",
      namespace: `${db.databaseName}.${name}`,
      filter: { _id } as Document,
    }));
  const usageIds = carried.map((step) => ("document" in step ? step.document._id : undefined));
  const steps = [
    ...remove(
      securityEventsCollection.name,
      events.map(({ _id }) => _id),
    ),
    ...remove(usageEventsCollection.name, usageIds),
  ];
  if (steps.length > 0) await db.client.bulkWrite(steps);
}
