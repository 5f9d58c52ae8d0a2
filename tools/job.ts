import { existsSync, readdirSync, readFileSync } from "node:fs";
import { MongoClient } from "mongodb";
import { readDatabaseEnv } from "../lib/env.ts";
import { environmentOf, upstreamKey } from "./local/environment.ts";
import { keptSecret } from "./local/secret.ts";
import type { StackFile } from "./local/stack.ts";

const folder = new URL("../functions/jobs/", import.meta.url);
const local = new URL("../.local/", import.meta.url);

/** Names of the scheduled jobs, as `functions/jobs/` has them. */
const names = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length));

/** Without a database in the environment a job works on the local stack that runs here. */
function useLocalStack(): void {
  const file = new URL("stack.json", local);
  if (!existsSync(file)) {
    throw new Error("Set MONGODB_URI to the database to work on, or start the local stack first.");
  }
  const stack = JSON.parse(readFileSync(file, "utf8")) as StackFile;
  const tokenSecret = keptSecret(new URL("token-secret", local).pathname);
  Object.assign(process.env, environmentOf({ ...stack, upstreamKey, tokenSecret }, process.env));
}

/** Where a database is, by the driver's reading of its address, without who opens it. */
function hostsOf(uri: string): string {
  const { hosts, srvHost } = new MongoClient(uri).options;
  return srvHost ?? hosts.join(",");
}

/** `npm run job -- NAME`: one run of a scheduled job, whose counts are printed. */
async function main([name = ""]: string[]): Promise<void> {
  if (name === "") {
    throw new Error(`Usage: npm run job -- NAME; there are: ${names().join(", ")}.`);
  }
  if (!names().includes(name)) {
    throw new Error(`There is no job "${name}". There are: ${names().join(", ")}.`);
  }
  const { MONGODB_URI, MONGODB_URL, MONGODB_URI_PARAMETER } = process.env;
  // Where a parameter is named without an address, readDatabaseEnv asks for the address.
  if (!MONGODB_URI && !MONGODB_URL && !MONGODB_URI_PARAMETER) useLocalStack();
  console.error(`Working on the database at ${hostsOf(readDatabaseEnv().MONGODB_URI)}.`);
  const { handler } = await import(new URL(`${name}.ts`, folder).href);
  const { database, jobDatabase } = await import("../lib/runtime.ts");
  try {
    console.log(await handler());
  } finally {
    await Promise.all([database.close(), jobDatabase.close()]);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
