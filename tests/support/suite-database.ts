import type { Database } from "../../tools/local/database.ts";

const URI = "TEST_DATABASE_URI";
const KIND = "TEST_DATABASE_KIND";

let running: Database | undefined;

/** Called once by the global set-up, before there are workers. */
export const keepDatabase = (database: Database): void => {
  running = database;
  process.env[URI] = database.uri;
  process.env[KIND] = database.kind;
};

/** Called once by the global tear-down. */
export const stopDatabase = async (): Promise<void> => running?.stop();

/** The server the suite runs on, as every worker sees it. */
export const suiteDatabase = (): { uri: string; kind: string } => {
  const { [URI]: uri, [KIND]: kind } = process.env;
  if (uri === undefined || kind === undefined) {
    throw new Error("no database is running: tests/support/global-setup.ts has not been called");
  }
  return { uri, kind };
};
