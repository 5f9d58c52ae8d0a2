import { randomUUID } from "node:crypto";
import { type Db, MongoClient, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount, scopes } from "../lib/accounts/document.ts";
import { collections } from "../lib/collections.ts";
import { admit } from "../lib/credits/admit.ts";
import { gateStore } from "../lib/credits/gate.ts";
import { settle } from "../lib/credits/settle.ts";
import { settlementStore } from "../lib/credits/settlement-store.ts";
import { migrate } from "../lib/db/migrate.ts";
import { idempotencyStore } from "../lib/idempotency/record.ts";
import { newKey } from "../lib/keys/new-key.ts";
import { createLog } from "../lib/logger.ts";
import { parseToken, type Token } from "../lib/security/token.ts";
import { defaultSettings, type Settings } from "../lib/settings/rules.ts";
import { median } from "./median.ts";

const ACCOUNTS = 1_000;
const WARM_UP = 500;
const ROUNDS = 1_500;
/** Requests of a measured throughput, and how many are open at once. */
const REQUESTS = 3_000;
const AT_ONCE = 20;

/** A plan that refuses nobody. */
const settings: Settings = {
  ...defaultSettings,
  plans: Object.fromEntries(
    Object.entries(defaultSettings.plans).map(([name, plan]) => {
      const free = { perMinute: 6_000_000, burst: 1_000_000 };
      return [name, { ...plan, rate: { other: free, chat: free, batch: free }, openAtOnce: 1_000 }];
    }),
  ),
};

/** Gate and settle, in pings of the same run; and how many requests a second, on one account and on many. */
export const benchMetering = async (uri: string): Promise<void> => {
  const client = await MongoClient.connect(uri, { maxPoolSize: AT_ONCE });
  const db = client.db(`bench_metering_${process.pid}`);
  try {
    await migrate(db, collections);
    const tokens = await insertAccounts(db);
    const request = meteredRequest(db);
    const tokenOf = (number: number): Token => {
      const token = tokens[number % ACCOUNTS];
      if (!token) throw new Error("no token");
      return token;
    };
    const times = { ping: [] as number[], request: [] as number[] };
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      const ping = await timed(() => db.command({ ping: 1 }));
      const whole = await timed(() => request(tokenOf(round * 7)));
      if (round < WARM_UP) continue;
      times.ping.push(ping);
      times.request.push(whole);
    }
    const [ping, whole] = [median(times.ping), median(times.request)];
    const hot = await throughput(() => request(tokenOf(0)));
    const spread = await throughput((number) => request(tokenOf(number)));
    console.log(
      [
        `ping ${ping.toFixed(3)} ms, gate and settle ${whole.toFixed(3)} ms: ${(whole / ping).toFixed(1)} pings (medians of ${ROUNDS})`,
        `${AT_ONCE} at once: ${hot} requests a second on one account, ${spread} on ${ACCOUNTS}`,
      ].join("\n"),
    );
  } finally {
    await db.dropDatabase();
    await client.close();
  }
};

async function insertAccounts(db: Db): Promise<Token[]> {
  const made = Array.from({ length: ACCOUNTS }, (_, number) => someAccount(number));
  await db
    .collection<StoredAccount>(accountsCollection.name)
    .insertMany(made.map(({ account }) => account));
  return made.map(({ token }) => token);
}

function someAccount(number: number): { account: StoredAccount; token: Token } {
  const _id = new ObjectId();
  const now = new Date();
  const key = newKey({ accountId: _id, now, name: "bench", scopes: [...scopes] });
  const token = parseToken("key", key.text);
  if (!token) throw new Error("a new key is none");
  const daily = { day: "2026-01-01", perDay: 1_000_000, used: 0 };
  const account: StoredAccount = {
    _id,
    username: `bench_${number}`,
    usernameKey: `bench_${number}`,
    email: `bench_${number}@example.com`,
    name: "Ada Lovelace",
    userType: "Personal",
    aboutMe: "",
    hobbies: "",
    passwordHash: "",
    status: "active",
    verified: true,
    plan: "pro",
    level: 4,
    rTypes: [],
    allowance: daily,
    conversations: daily,
    balance: 1_000_000,
    rate: {},
    keys: [key.stored],
    sessions: [],
    codes: {},
    sends: {},
    holds: [],
    postings: [],
    logMessages: false,
    notes: "",
    createdAt: now,
    updatedAt: now,
  };
  return { account, token };
}

/** A request that passes the gate and is settled. */
function meteredRequest(db: Db): (token: Token) => Promise<unknown> {
  const database = { run: <Result>(work: (one: Db) => Promise<Result>) => work(db) };
  const deps = {
    gate: gateStore(database),
    answers: idempotencyStore(database),
    settlements: settlementStore(database),
    settings: { current: async () => settings },
    addresses: { lets: async () => true },
    count: () => {},
    pause: async () => {},
  };
  const log = createLog("ERROR");
  return async (token) => {
    const admission = await admit(deps, {
      token,
      scope: "chat",
      rateClass: "chat",
      price: { credits: 1, conversations: 1, level: 1, rType: null, model: "gpt-4o-mini" },
      timeoutMs: 900_000,
      request: {
        id: randomUUID(),
        clientRequestId: undefined,
        method: "POST",
        route: "/v1/chat/completions",
        ip: "203.0.113.7",
        userAgent: "bench",
        log,
      },
    });
    const settled = await settle(deps, admission, {
      kind: "captured",
      credits: 1,
      conversations: 1,
      status: 200,
      tokens: { input: 100, output: 200, estimated: false },
      model: "gpt-4o-mini",
      rType: null,
      durations: { total: 100, upstream: 90 },
      sizes: { request: 500, response: 900 },
    });
    if (settled.credits !== 1) throw new Error("the request was not charged");
  };
}

/** Requests a second, some at once. */
async function throughput(request: (number: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const elapsed = await timed(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < REQUESTS) await request(next++);
      }),
    ),
  );
  return Math.round((REQUESTS / elapsed) * 1_000);
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
