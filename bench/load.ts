/**
 * `npm run load -- [--minutes 10] [--accounts 2000] [--at-once 24]`: drives a local stack of its own
 * over HTTP with mixed traffic, then audits every account. Ends with code 1 if an answer was a 5xx,
 * an answer never came, or the audit found a mismatch.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import { auditLedger } from "../lib/credits/audit-ledger.ts";
import { auditStore } from "../lib/credits/audit-store.ts";
import { createLog } from "../lib/logger.ts";
import { type Stack, startStack } from "../tools/local/stack.ts";
import { insertPeople, type Person } from "./load/people.ts";
import { newTally } from "./load/tally.ts";
import { pick, traffic } from "./load/traffic.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    accounts: { type: "string", default: "2000" },
    "at-once": { type: "string", default: "24" },
  },
});
const minutes = positive("minutes", values.minutes);
const accounts = positive("accounts", values.accounts);
const atOnce = positive("at-once", values["at-once"]);

function positive(name: string, text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  console.error(`--${name} must be a number above 0, not "${text}".`);
  process.exit(2);
}

/** Milliseconds between two lines of progress. */
const progressEvery = 10_000;
/** An answer that takes longer never came. */
const longest = 60_000;

const tally = newTally();

async function signIn(stack: Stack): Promise<string> {
  const response = await fetch(`${stack.apiUrl}/v1/admin-panel/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(stack.admin),
  });
  const answer = (await response.json()) as { session?: { session_token: string } };
  if (!answer.session) throw new Error(`staff can't sign in: ${JSON.stringify(answer)}`);
  return answer.session.session_token;
}

async function one(apiUrl: string, kind: string, person: Person, staff: string): Promise<void> {
  const sent = traffic[kind]?.request(person, staff);
  if (!sent) return;
  const started = performance.now();
  const measure = (status: number, code: string | undefined): void =>
    tally.add(kind, { status, code, duration: performance.now() - started });
  try {
    const response = await fetch(`${apiUrl}${sent.path}`, {
      method: sent.method ?? (sent.body ? "POST" : "GET"),
      headers: {
        ...(sent.token !== undefined && { Authorization: `Bearer ${sent.token}` }),
        ...(sent.body && { "Content-Type": "application/json" }),
        ...sent.headers,
      },
      ...(sent.body && { body: JSON.stringify(sent.body) }),
      signal: AbortSignal.timeout(longest),
    });
    const text = await response.text();
    measure(response.status, response.ok ? undefined : codeOf(text));
  } catch (error) {
    measure(599, (error as Error).name);
  }
}

/** Of problem details, or of OpenAI's shape. */
function codeOf(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as { code?: string; error?: { code?: string } };
    return body.code ?? body.error?.code;
  } catch {
    return undefined;
  }
}

async function drive(stack: Stack, people: readonly Person[]): Promise<number> {
  const staff = await signIn(stack);
  const kinds = Object.keys(traffic);
  const started = performance.now();
  const until = started + minutes * 60_000;
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1_000);
    const { p50, p95, p99 } = tally.all();
    const errors = [...tally.serverErrors().values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `${seconds} s: ${tally.total()} requests, ${Math.round(tally.total() / seconds)} a second, p50 ${p50} p95 ${p95} p99 ${p99} ms, ${errors} server errors`,
    );
  }, progressEvery);
  try {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (performance.now() < until) {
          const person = people[Math.floor(Math.random() * people.length)];
          if (person) await one(stack.apiUrl, pick(kinds, Math.random()), person, staff);
        }
      }),
    );
  } finally {
    clearInterval(progress);
  }
  return (performance.now() - started) / 1_000;
}

async function audit(client: MongoClient) {
  const db = client.db("promptenchanter");
  const database = { run: <Result>(work: (one: typeof db) => Promise<Result>) => work(db) };
  return auditLedger({ audits: auditStore(database), count: () => {}, log: createLog("ERROR") });
}

async function main(): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), "load-"));
  stops.defer(() => rm(data, { recursive: true, force: true }));
  const directory = resolve(import.meta.dirname, "..");
  // What the functions write stays in their log: the terminal is for progress.
  const quiet = { directory, data, port: 0, fresh: false, repair: false, say: () => {} };
  const stack = await startStack(quiet, stops);
  const client = await MongoClient.connect(stack.mongodbUri);
  stops.defer(() => client.close());
  const people = await insertPeople(client.db("promptenchanter"), accounts);
  console.log(`${accounts} accounts on the ${stack.database} database, ${atOnce} requests at once`);
  const seconds = await Promise.race([drive(stack, people), stack.broken]);
  const audited = await audit(client);

  console.table(tally.kinds());
  console.table(tally.failures().map(([failure, count]) => ({ failure, count })));
  console.log(
    `${Math.round(tally.total() / seconds)} requests a second over ${Math.round(seconds)} s`,
  );
  console.log(`audit: ${JSON.stringify(audited)}`);
  for (const [failure, count] of tally.serverErrors()) console.error(`${count} × ${failure}`);
  if (tally.serverErrors().size > 0 || audited.mismatches > 0) process.exitCode = 1;
}

await main();
