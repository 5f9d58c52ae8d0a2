import type { Database } from "../../lib/db/connection.ts";

/** A connection string whose client tells of its commands. */
export const monitored = (uri: string): string => {
  const url = new URL(uri);
  url.searchParams.set("monitorCommands", "true");
  return url.href;
};

/** The names of the commands that `database`, opened with a monitored connection string, sends during `work`. */
export async function commandsOf(
  database: Pick<Database, "run">,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const client = await database.run(async (db) => db.client);
  const names: string[] = [];
  const note = ({ commandName }: { commandName: string }) => names.push(commandName);
  client.on("commandStarted", note);
  try {
    await work();
  } finally {
    client.off("commandStarted", note);
  }
  return names;
}
