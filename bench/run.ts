/**
 * `npm run bench [NAME…]`: runs all benchmarks, or those named, on the database the tests would use.
 * A run of all writes bench/results.json and docs/benchmarks.md.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import path from "node:path";
import { chooseDatabase } from "../tools/local/database.ts";
import { benchAccounts } from "./accounts.ts";
import { benchAttack } from "./attack.ts";
import { benchColdStart } from "./cold-start.ts";
import { benchDatabase } from "./database.ts";
import type { Section } from "./figures.ts";
import { benchGrowth } from "./growth.ts";
import { benchOverhead } from "./overhead.ts";
import { benchPeers } from "./peers.ts";
import { benchmarksPage, type Results, sectionText } from "./report.ts";
import { benchUsage } from "./usage.ts";

const benches: Readonly<Record<string, (uri: string) => Promise<Section>>> = {
  peers: benchPeers,
  growth: benchGrowth,
  attack: benchAttack,
  overhead: benchOverhead,
  "cold-start": benchColdStart,
  accounts: benchAccounts,
  database: benchDatabase,
  usage: benchUsage,
};

const wanted = process.argv.slice(2);
const names = Object.keys(benches);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${names.join(", ")}`);
  process.exit(1);
}

const directory = await mkdtemp(path.join(tmpdir(), "bench-"));
const database = await chooseDatabase({ directory, log: (line) => console.log(line) });
console.log(`Benchmarks run on ${database.description}`);
const sections: Section[] = [];
const failed: string[] = [];

try {
  for (const [name, bench] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const start = performance.now();
    console.log(`\n${name} …`);
    try {
      const section = await bench(database.uri);
      sections.push(section);
      console.log(sectionText(section));
      console.log(`${name}: ${Math.round((performance.now() - start) / 1_000)} s`);
    } catch (error) {
      // The others run all the same.
      failed.push(name);
      console.error(`${name} failed:`, error);
    }
  }
} finally {
  await database.stop();
  await rm(directory, { recursive: true, force: true });
}

if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(", ")}; nothing was written`);
  process.exitCode = 1;
} else if (wanted.length === 0) {
  const results: Results = {
    at: new Date().toISOString().slice(0, 10),
    commit: execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.versions.node,
    database: database.description,
    sections,
  };
  await writeFile("bench/results.json", `${JSON.stringify(results, null, 2)}\n`);
  await writeFile("docs/benchmarks.md", benchmarksPage(results));
  console.log("\nWritten: bench/results.json, docs/benchmarks.md");
}
