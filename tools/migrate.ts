import { collections } from "../lib/collections.ts";
import { clientOptions, openDatabase } from "../lib/db/connection.ts";
import { migrate } from "../lib/db/migrate.ts";
import { readDatabaseEnv } from "../lib/env.ts";

/** Building an index on a large collection takes its time, far beyond what a request may take. */
const bound = 30 * 60_000;

/** `npm run db:migrate`: brings the database of the environment to what lib/collections.ts declares. */
async function main(): Promise<void> {
  const env = readDatabaseEnv();
  const database = openDatabase({
    name: env.MONGODB_DATABASE,
    uri: () => env.MONGODB_URI,
    options: { ...clientOptions, socketTimeoutMS: bound },
  });
  try {
    const lines = await database.run((db) => migrate(db, collections), bound);
    console.log(lines.length === 0 ? "Nothing to change." : lines.join("\n"));
  } finally {
    await database.close();
  }
}

try {
  await main();
} catch (error) {
  const { message, cause } = error as Error;
  console.error(cause instanceof Error ? `${message} (${cause.message})` : message);
  process.exitCode = 1;
}
