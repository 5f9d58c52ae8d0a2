import { randomUUID } from "node:crypto";
import { type Db, ObjectId, Timestamp } from "mongodb";
import type { Database } from "../../lib/db/connection.ts";
import { leaseStore } from "../../lib/jobs/lease-store.ts";
import { aggregateUsage } from "../../lib/usage/aggregate-usage.ts";
import { dayStore } from "../../lib/usage/day-store.ts";
import { type UsageEvent, usageEventsCollection } from "../../lib/usage/event.ts";
import { type HourStore, hourStore } from "../../lib/usage/hour-store.ts";
import { rollUpDays } from "../../lib/usage/roll-up-days.ts";
import {
  type Figures,
  type Row,
  usageDailyCollection,
  usageHourlyCollection,
} from "../../lib/usage/row.ts";
import { memoryLog } from "./endpoint.ts";

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

const someone = new ObjectId();

/** An event of a captured chat request, with what the test wants otherwise. */
export function someEvent(
  changes: { [Name in Exclude<keyof UsageEvent, "recorded">]?: UsageEvent[Name] | undefined } & {
    recorded?: Date;
  } = {},
) {
  const { recorded, ...rest } = changes;
  const at = rest.at ?? new Date();
  const stamp = recorded ?? at;
  const event = {
    _id: randomUUID(),
    account: someone,
    username: "someone",
    endpoint: "/v1/chat/completions",
    method: "POST",
    status: 200,
    outcome: "captured",
    duration: 120,
    tokens: { input: 10, output: 20, estimated: false },
    model: "gpt-4o-mini",
    credits: { allowance: 1, balance: 0 },
    conversations: 1,
    ip: "203.0.113.7",
    ...rest,
    at,
    recorded: new Timestamp({ t: Math.floor(stamp.getTime() / 1_000), i: 1 }),
  };
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined),
  ) as UsageEvent;
}

/** Usage on a database, with jobs whose clock the test sets. */
export function usageWorld(db: Db) {
  const database: Pick<Database, "run"> = { run: (work) => work(db) };
  const stored = leaseStore(database);
  const hours = hourStore(database);
  const days = dayStore(database);
  const { log, lines } = memoryLog();
  const counted: Record<string, number> = {};
  let now = new Date();
  const leases: typeof stored = {
    ...stored,
    take: async (name) => {
      const lease = await stored.take(name);
      return lease && { ...lease, now };
    },
  };
  const deps = {
    leases,
    log,
    count: (name: string, count: number) => {
      counted[name] = (counted[name] ?? 0) + count;
    },
    pause: async () => {},
  };
  const events = db.collection<UsageEvent>(usageEventsCollection.name);
  return {
    events,
    hourly: db.collection<Row>(usageHourlyCollection.name),
    daily: db.collection<Row>(usageDailyCollection.name),
    hours,
    counted,
    lines,
    setClock: (time: Date) => {
      now = time;
    },
    clock: () => now,
    insert: (...some: UsageEvent[]) => events.insertMany(some),
    aggregate: (changes: Partial<HourStore> = {}, budget = 60_000) =>
      aggregateUsage({ ...deps, hours: { ...hours, ...changes } }, { budget }),
    rollUp: (retention = 90 * day) => rollUpDays({ ...deps, days }, { budget: 60_000, retention }),
    /** As if whoever has the lease were dead. */
    expireLeases: () =>
      db
        .collection("jobs")
        .updateMany({ lease: { $exists: true } }, { $set: { "lease.until": new Date(0) } }),
    clear: async () => {
      const names = ["usageEvents", "usageHourly", "usageDaily", "jobs"];
      await Promise.all(names.map((name) => db.collection(name).deleteMany({})));
    },
  };
}

type Counted = Omit<Figures, "histogram"> & { timed: number };

const statusClass = (status: number | undefined): string =>
  status === undefined ? "none" : `${Math.floor(status / 100)}xx`;

const nobody: Counted = {
  requests: 0,
  failed: 0,
  messages: 0,
  inputTokens: 0,
  outputTokens: 0,
  allowance: 0,
  balance: 0,
  conversations: 0,
  duration: 0,
  timed: 0,
};

/** Usage counted in the plainest way, for comparison; by the key that `keyOf` gives. */
export function countedPlainly(
  events: readonly UsageEvent[],
  keyOf: (event: UsageEvent) => string,
): Record<string, Counted> {
  const rows: Record<string, Counted> = {};
  for (const event of events) {
    const row = { ...(rows[keyOf(event)] ?? nobody) };
    rows[keyOf(event)] = row;
    row.inputTokens += event.tokens?.input ?? 0;
    row.outputTokens += event.tokens?.output ?? 0;
    row.allowance += event.credits.allowance;
    row.balance += event.credits.balance;
    row.conversations += event.conversations;
    if (event.outcome === "late") continue;
    row.requests += 1;
    if (event.code !== undefined || event.outcome === "abandoned") row.failed += 1;
    if (event.outcome === "captured" && event.tokens) row.messages += event.tasks?.succeeded ?? 1;
    row.duration += event.duration ?? 0;
    if (event.duration !== undefined) row.timed += 1;
  }
  return rows;
}

/** The key of an event's row, as text. */
export const keyOfEvent =
  (length: number) =>
  (event: UsageEvent): string =>
    [
      new Date(event.at.getTime() - (event.at.getTime() % length)).toISOString(),
      event.account?.toHexString() ?? null,
      event.staff?.toHexString() ?? null,
      event.key?.toHexString() ?? null,
      `${event.method} ${event.endpoint}`,
      event.model ?? null,
      event.rType ?? null,
      statusClass(event.status),
    ].join(" | ");

/** Rows as `countedPlainly` counts them. */
export const countedRows = (rows: readonly Row[]): Record<string, Counted> =>
  Object.fromEntries(
    rows.map(({ _id: id, upTo: _, histogram, ...figures }) => [
      [
        id.time.toISOString(),
        id.account?.toHexString() ?? null,
        id.staff?.toHexString() ?? null,
        id.key?.toHexString() ?? null,
        id.endpoint,
        id.model,
        id.rType,
        id.class,
      ].join(" | "),
      { ...figures, timed: histogram.reduce((sum, { count }) => sum + count, 0) },
    ]),
  );
