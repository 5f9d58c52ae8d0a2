import { afterAll } from "@jest/globals";
import { type Db, MongoClient, type MongoClientOptions } from "mongodb";
import {
  type RunningServer,
  type ServerOptions,
  startServer,
} from "../../tools/local/mongo/server.ts";

export type EmbeddedServer = RunningServer & {
  client: MongoClient;
  db: Db;
  /** What the server has logged. */
  lines: string[];
};

/**
 * An embedded server of one's own in this process, for faults that would disturb other tests.
 * To be called at the top of a test file; it is closed after the file's last test.
 */
export const embeddedServer = async (
  options: ServerOptions = {},
  clientOptions: MongoClientOptions = {},
): Promise<EmbeddedServer> => {
  const lines: string[] = [];
  const server = await startServer({ ...options, log: (line) => lines.push(line) });
  const client = new MongoClient(server.uri, { serverSelectionTimeoutMS: 5_000, ...clientOptions });
  afterAll(async () => {
    await client.close();
    await server.close();
  });
  await client.connect();
  return { ...server, client, db: client.db("test"), lines };
};
