import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { replayEvent } from "../lib/credits/replay-event.ts";
import { settlementStore } from "../lib/credits/settlement-store.ts";
import { openDatabase } from "../lib/db/connection.ts";
import { readDatabaseEnv } from "../lib/env.ts";
import { usageEventStore } from "../lib/usage/event-store.ts";

/**
 * `npm run usage:replay -- FILE`: records the events that stand in the lines of a log as `settle
 * failed` or `usage event unwritten`, in the database of the environment. Without a file it reads
 * its input. Other lines are passed over. May run again.
 */
async function main([file]: string[]): Promise<void> {
  const env = readDatabaseEnv();
  const database = openDatabase({ name: env.MONGODB_DATABASE, uri: () => env.MONGODB_URI });
  const settlements = settlementStore(database);
  const events = usageEventStore(database);
  const input = file === undefined ? process.stdin : (await open(file)).createReadStream();
  if (file === undefined && process.stdin.isTTY) {
    console.error("Reading lines of the log from standard input; Ctrl-D ends it.");
  }
  const counts: Record<string, number> = {};
  try {
    for await (const line of createInterface({ input })) {
      const replayed = await replayEvent({ settlements, events }, line, new Date());
      counts[replayed] = (counts[replayed] ?? 0) + 1;
    }
    console.log(counts);
    if (Object.keys(counts).every((replayed) => replayed === "no event")) {
      throw new Error(
        "No line holds an event: give the lines `settle failed` and `usage event unwritten` as the log has them.",
      );
    }
  } finally {
    await database.close();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { message, cause } = error as Error;
  console.error(cause instanceof Error ? `${message} (${cause.message})` : message);
  process.exitCode = 1;
}
