/** `npm run bench [NAME…]`: runs all benchmarks, or those named, on the database the tests would use. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chooseDatabase } from "../tools/local/database.ts";
import { benchAccounts } from "./accounts.ts";
import { benchDatabase } from "./database.ts";
import { benchMetering } from "./metering.ts";
import { benchUsage } from "./usage.ts";

type Bench = (uri: string) => Promise<unknown>;

const benches: Readonly<Record<string, Bench>> = {
  accounts: benchAccounts,
  database: benchDatabase,
  metering: benchMetering,
  usage: benchUsage,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(", ")}; there are: ${Object.keys(benches).join(", ")}`,
  );
  process.exit(1);
}

const directory = await mkdtemp(path.join(tmpdir(), "bench-"));
const database = await chooseDatabase({ directory, log: (line) => console.log(line) });
console.log(`Benchmarks run on ${database.description}`);
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    console.log(`\n${name}`);
    await bench(database.uri);
  }
} finally {
  await database.stop();
  await rm(directory, { recursive: true, force: true });
}
