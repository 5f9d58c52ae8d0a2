import type { CommandStartedEvent } from "mongodb";
import type { Database } from "../../lib/db/connection.ts";

/** A connection string whose client tells of its commands. */
export const monitored = (uri: string): string => {
  const url = new URL(uri);
  url.searchParams.set("monitorCommands", "true");
  return url.href;
};

/** The commands that `database`, opened with a monitored connection string, sends during `work`. */
export async function sentDuring(
  database: Pick<Database, "run">,
  work: () => Promise<unknown>,
): Promise<CommandStartedEvent[]> {
  const client = await database.run(async (db) => db.client);
  const sent: CommandStartedEvent[] = [];
  const note = (event: CommandStartedEvent) => sent.push(event);
  client.on("commandStarted", note);
  try {
    await work();
  } finally {
    client.off("commandStarted", note);
  }
  return sent;
}

/** The names of the commands that `database`, opened with a monitored connection string, sends during `work`. */
export const commandsOf = async (
  database: Pick<Database, "run">,
  work: () => Promise<unknown>,
): Promise<string[]> => (await sentDuring(database, work)).map(({ commandName }) => commandName);
