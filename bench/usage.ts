import { randomUUID } from "node:crypto";
import { type Db, type Document, MongoClient, ObjectId, Timestamp } from "mongodb";
import { collections } from "../lib/collections.ts";
import { migrate } from "../lib/db/migrate.ts";
import { leaseStore } from "../lib/jobs/lease-store.ts";
import { createLog } from "../lib/logger.ts";
import { aggregateUsage } from "../lib/usage/aggregate-usage.ts";
import { hourStore } from "../lib/usage/hour-store.ts";
import { type Section, shown } from "./figures.ts";
import { median } from "./timing.ts";

/** `USAGE_OLD` and `USAGE_NEW` try other numbers of events. */
const NEW = Number(process.env.USAGE_NEW || 100_000);
const OLD = Number(process.env.USAGE_OLD || 1_000_000);
const ROUNDS = 3;
const AT_ONCE = 10_000;
const ACCOUNTS = 200;

const minute = 60_000;
const hour = 60 * minute;

const accounts = Array.from({ length: ACCOUNTS }, () => new ObjectId());
const endpoints = ["/v1/chat/completions", "/v1/batch/process", "/v1/models"];

/** Old events are of the 80 days before yesterday, new ones of two hours; what was recorded before is counted. */
const now = Date.now();
const counted = new Date(Math.floor(now / hour) * hour - 3 * hour);
const newest = counted.getTime() + 2 * hour - minute;

function someEvent(number: number, at: number): Document {
  const account = accounts[number % ACCOUNTS];
  return {
    _id: randomUUID(),
    account,
    username: `user${number % ACCOUNTS}`,
    endpoint: endpoints[number % endpoints.length],
    method: "POST",
    status: number % 20 === 0 ? 429 : 200,
    outcome: "captured",
    duration: 1 + (number % 5_000),
    tokens: { input: number % 500, output: number % 900, estimated: false },
    model: number % 2 === 0 ? "gpt-4o-mini" : "gpt-4o",
    credits: { allowance: 1, balance: 0 },
    conversations: 1,
    ip: "203.0.113.7",
    at: new Date(at),
    recorded: new Timestamp({ t: Math.floor(at / 1_000), i: 1 + (number % 1_000_000) }),
  };
}

async function insert(db: Db, count: number, from: number, to: number): Promise<void> {
  const events = db.collection("usageEvents");
  for (let first = 0; first < count; first += AT_ONCE) {
    const length = Math.min(AT_ONCE, count - first);
    const some = Array.from({ length }, (_, place) => {
      const number = first + place;
      return someEvent(number, from + ((to - from) * number) / count);
    });
    await events.insertMany(some, { ordered: false });
  }
}

/** Counts the new events, and tells how long it took and how many documents its reads examine. */
async function count(db: Db): Promise<{ ms: number; examined: number }> {
  await db.collection("usageHourly").deleteMany({});
  await db
    .collection<{ _id: string }>("jobs")
    .replaceOne({ _id: "aggregate-usage" }, { watermark: counted }, { upsert: true });
  const reads: Document[] = [];
  const note = ({ command }: { command: Document }): void => {
    const { aggregate, pipeline, hint } = command;
    if (aggregate === "usageEvents") reads.push({ filter: pipeline[0].$match, hint });
  };
  db.client.on("commandStarted", note);
  const database = { run: <Result>(work: (one: Db) => Promise<Result>) => work(db) };
  const startedAt = performance.now();
  const { events } = await aggregateUsage(
    {
      leases: leaseStore(database),
      hours: hourStore(database),
      count: () => {},
      log: createLog("ERROR"),
    },
    { budget: 600_000 },
  );
  const ms = performance.now() - startedAt;
  db.client.off("commandStarted", note);
  if (events !== NEW) throw new Error(`${events} of ${NEW} new events were counted`);
  return { ms, examined: await examinedBy(db, reads) };
}

async function examinedBy(db: Db, reads: readonly Document[]): Promise<number> {
  let examined = 0;
  for (const read of reads) {
    const { executionStats } = await db.command({
      explain: { find: "usageEvents", ...read },
      verbosity: "executionStats",
    });
    examined += executionStats.totalDocsExamined;
  }
  return examined;
}

/** The counting of new events with many old ones beside them, and without, turn by turn in one run. */
export const benchUsage = async (uri: string): Promise<Section> => {
  const client = await MongoClient.connect(uri, { monitorCommands: true });
  const [without, beside] = [
    client.db(`bench_new_${process.pid}`),
    client.db(`bench_old_${process.pid}`),
  ];
  try {
    for (const db of [without, beside]) {
      await migrate(db, collections);
      await insert(db, NEW, counted.getTime() + 1_000, newest);
    }
    await insert(beside, OLD, now - 82 * 24 * hour, now - 2 * 24 * hour);

    const times: Record<"without" | "beside", number[]> = { without: [], beside: [] };
    let examined = { without: 0, beside: 0 };
    const before = process.memoryUsage().heapUsed;
    let most = before;
    for (let round = 0; round < ROUNDS; round++) {
      const alone = await count(without);
      const together = await count(beside);
      if (alone.examined !== together.examined) {
        throw new Error(
          `${together.examined} documents are examined beside old ones, ${alone.examined} without`,
        );
      }
      times.without.push(alone.ms);
      times.beside.push(together.ms);
      most = Math.max(most, process.memoryUsage().heapUsed);
      examined = { without: alone.examined, beside: together.examined };
    }
    return {
      title: "The counting of usage",
      text: `${shown(NEW)} new events are counted, with ${shown(OLD)} old ones beside them and without. The counting's heap grows by ${shown((most - before) / 2 ** 20)} MiB at most. Medians of ${ROUNDS}.`,
      ratios: [
        {
          what: "beside old events against without, time",
          ours: median(times.beside),
          other: median(times.without),
          unit: "ms",
          aim: { of: "ratio", most: 1.2 },
        },
        {
          what: "beside old events against without, documents examined",
          ours: examined.beside,
          other: examined.without,
          unit: "documents",
          aim: { of: "ratio", most: 1 },
        },
      ],
    };
  } finally {
    await without.dropDatabase();
    await beside.dropDatabase();
    await client.close();
  }
};
