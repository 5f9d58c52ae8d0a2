import type { Database } from "../db/connection.ts";
import { type RecordedChange, recordChange } from "../security/record-change.ts";
import { accountsCollection } from "./document.ts";

/**
 * Changes one account and records it in the same batch.
 * @returns false if the account is not as `filter` says; then it is not changed, and nothing is recorded
 */
export const recordedChange = (
  database: Pick<Database, "run">,
  change: RecordedChange,
): Promise<boolean> => recordChange(database, accountsCollection.name, change);
