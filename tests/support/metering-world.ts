import { accountsCollection, type StoredAccount } from "../../lib/accounts/document.ts";
import { collections } from "../../lib/collections.ts";
import { migrate } from "../../lib/db/migrate.ts";
import { testDatabase } from "./database.ts";
import { testMetering } from "./metering.ts";

/** A database of its own with gate, settle and sweep on it. To be called at the top of a test file. */
export async function meteringWorld() {
  const { db, uri, name } = await testDatabase();
  await migrate(db, collections);
  const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
  const accounts = db.collection<StoredAccount>(accountsCollection.name);
  return { db, uri, name, database, accounts, metering: testMetering(database) };
}
