import { createInterface } from "node:readline";
import { replayEvent } from "../lib/credits/replay-event.ts";
import { settlementStore } from "../lib/credits/settlement-store.ts";
import { openDatabase } from "../lib/db/connection.ts";
import { readDatabaseEnv } from "../lib/env.ts";
import { usageEventStore } from "../lib/usage/event-store.ts";

/**
 * `node tools/replay-events.ts < LOG`: records the settlements that stand in the lines of a log as
 * `settle failed`, in the database of the environment. Other lines are passed over. May run again.
 */
async function main(): Promise<void> {
  const env = readDatabaseEnv();
  const uri = env.MONGODB_URI;
  if (uri === undefined) throw new Error("Set MONGODB_URI to the database to record in.");
  const database = openDatabase({ name: env.MONGODB_DATABASE, uri: () => uri });
  const settlements = settlementStore(database);
  const events = usageEventStore(database);
  const counts: Record<string, number> = {};
  try {
    for await (const line of createInterface({ input: process.stdin })) {
      const replayed = await replayEvent({ settlements, events }, line, new Date());
      counts[replayed] = (counts[replayed] ?? 0) + 1;
    }
    console.log(counts);
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
