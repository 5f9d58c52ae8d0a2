import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type Db, ObjectId } from "mongodb";
import type { StoredAccount } from "../../lib/accounts/document.ts";
import { outboxStore } from "../../lib/email/outbox-store.ts";
import { messageLogsCollection } from "../../lib/messages/message-log.ts";
import type { UsageEvent } from "../../lib/usage/event.ts";
import { someAccount } from "../support/accounts.ts";
import { monitored } from "../support/commands.ts";
import { loadFunction, testSecret } from "../support/functions.ts";
import {
  expireHolds,
  meteredAccount,
  someAdmission,
  someOutcome,
  stateOf,
} from "../support/metering.ts";
import { meteringWorld } from "../support/metering-world.ts";
import { listenedLog } from "../support/secrets.ts";
import { awsEnvironment, sesServer } from "../support/ses.ts";
import {
  countedPlainly,
  countedRows,
  day,
  hour,
  keyOfEvent,
  minute,
  someEvent,
  usageWorld,
} from "../support/usage.ts";

jest.setTimeout(90_000);

const { db, uri, name, accounts, database, metering } = await meteringWorld();
const usage = usageWorld(db);
const ses = await sesServer();
const log = listenedLog();

const env = {
  ...awsEnvironment,
  ...log.env,
  MONGODB_URI: monitored(uri),
  MONGODB_DATABASE: name,
  MAIL_FROM: "no-reply@example.com",
  SES_ENDPOINT: ses.url,
  EMAIL_VERIFICATION_ENABLED: "true",
};

/** Every job that serverless.yml schedules. */
const jobs = [
  "sweep-holds",
  "audit-ledger",
  "remove-accounts",
  "aggregate-usage",
  "roll-up-days",
  "send-outbox",
  "take-stock",
] as const;
type Job = (typeof jobs)[number];

type Counts = Record<string, number>;
const handlers = new Map<Job, () => Promise<Counts>>();
for (const job of jobs) {
  handlers.set(job, (await loadFunction(`jobs/${job}`, env)) as unknown as () => Promise<Counts>);
}
const run = async (job: Job): Promise<Counts> => (await handlers.get(job)?.()) ?? {};

/** Half of what a short process does is to read its own code. */
const codeCache = await mkdtemp(join(tmpdir(), "job-code-"));
afterAll(() => rm(codeCache, { recursive: true, force: true }));

/** Runs a job in a process of its own that kills itself before one of its commands. @returns whether it did */
async function isKilled(job: Job, killAt: number): Promise<boolean> {
  const args = ["tests/support/job-child.ts", job, String(killAt)];
  const silent = {
    LOG_LEVEL: "SILENT",
    POWERTOOLS_METRICS_DISABLED: "true",
    TOKEN_SECRET: testSecret,
    NODE_COMPILE_CACHE: codeCache,
  };
  try {
    await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, ...env, ...silent },
    });
    return false;
  } catch (error) {
    expect((error as { signal: string }).signal).toBe("SIGKILL");
    return true;
  }
}

/**
 * Runs a job killed before its first command, then before its second, until one comes to its end;
 * whoever was killed leaves its lease to the next. @returns how many were killed
 */
async function killedEverywhere(
  job: Job,
  before: () => Promise<unknown>,
  after: () => Promise<unknown> = async () => {},
): Promise<number> {
  for (let killAt = 0; ; killAt++) {
    await before();
    if (!(await isKilled(job, killAt))) return killAt;
    await usage.expireLeases();
    await after();
  }
}

const message = (account: ObjectId) => ({
  _id: new ObjectId().toHexString(),
  account,
  username: "someone",
  email: "someone@example.com",
  model: "gpt-4o-mini",
  research: false,
  messages: "{}",
  tokens: 1,
  duration: 1,
  ip: "203.0.113.7",
  at: new Date(),
});
const messagesOf = (one: Db) => one.collection<{ _id: string }>(messageLogsCollection.name);

/** Somebody who has left, with a message that is kept of them. */
async function leaver(): Promise<ObjectId> {
  const { account } = await meteredAccount(db, {
    status: "deleting",
    deletion: { at: new Date(), by: "account", reason: "enough" },
  });
  await messagesOf(db).insertOne(message(account._id));
  return account._id;
}

/** What must be left of those who have left. */
async function expectRemoved(gone: ObjectId[]): Promise<void> {
  const own = { account: { $in: gone } };
  expect(await accounts.countDocuments({ _id: { $in: gone } })).toBe(0);
  expect(await messagesOf(db).countDocuments(own)).toBe(0);
  const archived = await db.collection("deletedAccounts").distinct("_id", { _id: { $in: gone } });
  expect(archived).toHaveLength(gone.length);
  expect(await db.collection("ledger").countDocuments(own)).toBeGreaterThanOrEqual(gone.length);
}

const outbox = outboxStore(database);

/** Somebody whose mail waits in the outbox. */
async function waiting(): Promise<StoredAccount> {
  const account = someAccount({ verified: false });
  await accounts.insertOne(account);
  await outbox.add({ account: account._id, purpose: "verification" }, new Date());
  return account;
}

/** As if whoever has them had died long ago. */
const mailsAreDue = () =>
  db.collection("emailOutbox").updateMany({}, { $set: { dueAt: new Date(0) } });

/** Events of some hours that were recorded long enough ago to be counted. */
const latest = Date.now() - 2 * minute;
const past = Array.from({ length: 400 }, (_, number) => {
  const at = new Date(latest - Math.floor((number * 8 * hour) / 400));
  return someEvent({ at, recorded: at, key: new ObjectId(), duration: number % 50 });
});

/** Rows agree with a plain count of the events up to the last that could be counted. */
async function expectRowsRight(): Promise<void> {
  const events = (await usage.events.find().toArray()).filter(
    ({ recorded }: UsageEvent) => recorded.t * 1_000 <= latest,
  );
  expect(events).toHaveLength(past.length);
  const [hourly, daily] = await Promise.all([
    usage.hourly.find().toArray(),
    usage.daily.find().toArray(),
  ]);
  expect(countedRows(hourly)).toEqual(countedPlainly(events, keyOfEvent(hour)));
  expect(countedRows(daily)).toEqual(countedPlainly(events, keyOfEvent(day)));
}

beforeAll(async () => {
  await usage.insert(...past);
  // Only a process that comes to its end keeps its code.
  await isKilled("send-outbox", Number.POSITIVE_INFINITY);
});

describe("all jobs, each twice at once, again and again under load", () => {
  it("do nothing twice, lose nothing, and leave accounts, rows and mails right", async () => {
    const balance = 1_000_000;
    const changes: Partial<StoredAccount> = {
      balance,
      allowance: { day: "2026-01-01", perDay: 0, used: 0 },
      conversations: { day: "2026-01-01", perDay: balance, used: 0 },
      override: { rate: { chat: { perMinute: 60_000, burst: 60_000 } }, openAtOnce: 10_000 },
    };
    const people = await Promise.all(
      Array.from({ length: 6 }, async (_, place) => {
        const { account, token, text } = await meteredAccount(db, changes);
        log.keepSecret(text);
        return {
          id: account._id,
          token,
          fate: (["lives", "crashes", "is late"] as const)[place % 3],
        };
      }),
    );
    const gone: ObjectId[] = [];
    const mailed: StoredAccount[] = [];

    let working = true;
    const ask = async ({ id, token, fate }: (typeof people)[number]): Promise<void> => {
      while (working) {
        const admission = await metering.admit(someAdmission(token));
        if (fate !== "lives") await expireHolds(db, id);
        if (fate !== "crashes") await metering.settle(admission, someOutcome());
        await sleep(5);
      }
    };
    const leave = async (): Promise<void> => {
      while (working) {
        gone.push(await leaver());
        mailed.push(await waiting());
        await sleep(100);
      }
    };
    const audits: Counts[] = [];
    const repeat = async (job: Job): Promise<void> => {
      while (working) {
        const counts = await run(job);
        if (job === "audit-ledger") audits.push(counts);
        await sleep(10);
      }
    };
    const steal = async (): Promise<void> => {
      while (working) {
        // So that no lease keeps the other out.
        await usage.expireLeases();
        await sleep(50);
      }
    };
    const load = [
      ...people.map(ask),
      leave(),
      steal(),
      ...jobs.flatMap((job) => [repeat(job), repeat(job)]),
    ];
    await sleep(6_000);
    working = false;
    await Promise.all(load);

    await Promise.all(people.map(({ id }) => expireHolds(db, id)));
    await usage.expireLeases();
    for (const job of jobs) await run(job);

    expect(audits.length).toBeGreaterThan(1);
    expect(audits.reduce((sum, { mismatches = 0 }) => sum + mismatches, 0)).toBe(0);
    expect(await metering.audit()).toMatchObject({ mismatches: 0, unsettled: 0 });
    for (const { id, fate } of people) {
      const { account, events, ledger } = await stateOf(db, id);
      const ended = events.filter(({ outcome }) => outcome !== "late");
      const captured = events.filter(({ outcome }) => outcome === "captured").length;
      expect(ended.length).toBeGreaterThan(10);
      if (fate === "crashes") expect(captured).toBe(0);
      if (fate === "lives") expect(captured).toBe(ended.length);
      expect(account).toMatchObject({ balance: balance - captured, holds: [], postings: [] });
      // One entry for each request, and that of the sign-up.
      expect(ledger).toHaveLength(ended.length + 1);
    }
    await expectRowsRight();
    await expectRemoved(gone);
    expect(await db.collection("emailOutbox").countDocuments()).toBe(0);
    expect(mailed.map(({ email }) => ses.mailsTo(email).length)).toEqual(mailed.map(() => 1));
    log.expectNoSecret();
  });
});

describe("a job that is killed before each of its commands in turn", () => {
  it.concurrent("remove-accounts: everybody who left is removed, archived once", async () => {
    const gone: ObjectId[] = [];
    const kills = await killedEverywhere("remove-accounts", async () => {
      const left = await accounts.countDocuments({ status: "deleting" });
      if (left === 0) gone.push(await leaver());
    });
    // Look, archive, messages, answers, account.
    expect(kills).toBeGreaterThanOrEqual(5);
    await run("remove-accounts");
    await expectRemoved(gone);
    expect(await metering.audit()).toMatchObject({ mismatches: 0, unsettled: 0 });
  });

  it.concurrent("send-outbox: every mail is sent, and only one whose sender died before it noted it twice", async () => {
    const mailed: StoredAccount[] = [];
    const kills = await killedEverywhere("send-outbox", async () => {
      if ((await db.collection("emailOutbox").countDocuments()) === 0) mailed.push(await waiting());
      await mailsAreDue();
    });
    expect(kills).toBeGreaterThanOrEqual(3);
    await mailsAreDue();
    await run("send-outbox");
    expect(await db.collection("emailOutbox").countDocuments()).toBe(0);
    const sent = mailed.map(({ email }) => ses.mailsTo(email).length);
    expect(Math.min(...sent)).toBe(1);
    expect(Math.max(...sent)).toBeLessThanOrEqual(2);
  });

  it.concurrent("roll-up-days: days are what a count of the events gives", async () => {
    await run("aggregate-usage");
    const never = async () => {
      await usage.daily.deleteMany({});
      await db.collection<{ _id: string }>("jobs").deleteOne({ _id: "roll-up-days" });
    };
    const next = async () => {
      await run("roll-up-days");
      await expectRowsRight();
    };
    // Lease, how far the hours are, which days, and for each day two more.
    expect(await killedEverywhere("roll-up-days", never, next)).toBeGreaterThanOrEqual(5);
    await expectRowsRight();
  });
});
