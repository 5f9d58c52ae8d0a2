import { randomBytes } from "node:crypto";
import { afterAll } from "@jest/globals";
import { type Db, MongoClient } from "mongodb";
import { suiteDatabase } from "./suite-database.ts";

export type TestDatabase = {
  client: MongoClient;
  db: Db;
  /** Connection string of the server, without a database name. */
  uri: string;
  /** Name of the database, which is nobody else's. */
  name: string;
};

/**
 * An empty database of one's own on the suite's server, dropped after the last test of the file.
 * To be called at the top of a test file: `const { db } = await testDatabase();`
 */
export const testDatabase = async (): Promise<TestDatabase> => {
  const { uri } = suiteDatabase();
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  await client.connect();
  const name = `test_${randomBytes(6).toString("hex")}`;
  const db = client.db(name);
  afterAll(async () => {
    await db.dropDatabase();
    await client.close();
  });
  return { client, db, uri, name };
};
