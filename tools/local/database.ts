import { MongoClient } from "mongodb";
import { currentNames } from "../../lib/env.ts";
import { startEmbedded } from "./embedded.ts";
import { findMongod, isTooOld, oldestMajor, startMongod } from "./mongod.ts";

export type DatabaseOptions = {
  /** Folder for the data; without one nothing outlives the process. */
  directory?: string;
  /** Keep the good part of a corrupt journal (embedded database only). */
  repair?: boolean;
  log: (line: string) => void;
};

export type Database = {
  uri: string;
  kind: "external" | "mongod" | "embedded";
  /** One line for people: which database, and why this one. */
  description: string;
  stop: () => Promise<void>;
};

/**
 * The database that the local stack, the tests and the benchmarks run on: MONGODB_URI if it is
 * set, else an installed `mongod` 8 or newer, else the embedded one.
 * @throws Error if MONGODB_URI does not answer or is older than 8, or the chosen server can't start.
 */
export const chooseDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const { MONGODB_URI } = currentNames(process.env);
  if (MONGODB_URI) return external(MONGODB_URI);
  const mongod = await findMongod(options.log);
  if (mongod) {
    const running = await startMongod(mongod, options.directory);
    const description = `MongoDB ${mongod.version} (${mongod.binary})`;
    return { ...running, kind: "mongod", description };
  }
  const { uri, stop } = await startEmbedded(options);
  return { uri, stop, kind: "embedded", description: "the embedded database (tools/local/mongo)" };
};

const external = async (uri: string): Promise<Database> => {
  const version = await reach(uri);
  return {
    uri,
    kind: "external",
    description: `MongoDB ${version} at MONGODB_URI`,
    stop: async () => {},
  };
};

const reach = async (uri: string): Promise<string> => {
  let client: MongoClient | undefined;
  try {
    client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000, connectTimeoutMS: 5_000 });
    const version = String((await client.db("admin").command({ buildInfo: 1 })).version);
    if (isTooOld(version)) {
      throw new Error(`it is MongoDB ${version}; ${oldestMajor} or newer is needed`);
    }
    return version;
  } catch (error) {
    throw new Error(
      `MONGODB_URI is set but can't be used: ${error instanceof Error ? error.message : error}`,
      { cause: error },
    );
  } finally {
    await client?.close();
  }
};
