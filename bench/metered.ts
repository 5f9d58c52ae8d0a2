import { randomUUID } from "node:crypto";
import { type Db, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount, scopes } from "../lib/accounts/document.ts";
import { admit } from "../lib/credits/admit.ts";
import { gateStore } from "../lib/credits/gate.ts";
import type { Admission, Outcome } from "../lib/credits/metering.ts";
import { settle } from "../lib/credits/settle.ts";
import { settlementStore } from "../lib/credits/settlement-store.ts";
import { idempotencyStore } from "../lib/idempotency/record.ts";
import { newKey } from "../lib/keys/new-key.ts";
import { createLog } from "../lib/logger.ts";
import { parseToken, type Token } from "../lib/security/token.ts";
import { defaultSettings, type Settings } from "../lib/settings/rules.ts";

/** What refuses nobody here: the largest rate there is, and more at once than a run sends. */
const unlimited = { perMinute: 60_000, burst: 60_000 };

export const freePlans: Settings["plans"] = Object.fromEntries(
  Object.entries(defaultSettings.plans).map(([name, plan]) => [
    name,
    { ...plan, rate: { other: unlimited, chat: unlimited, batch: unlimited }, openAtOnce: 1_000 },
  ]),
);

/** A key of a new account, as text and taken apart. */
export interface BenchKey {
  text: string;
  token: Token;
  accountId: ObjectId;
}

const atATime = 5_000;

/** Inserts accounts of the pro plan with one key each that keep their messages, and gives their keys. */
export async function insertMetered(db: Db, count: number): Promise<BenchKey[]> {
  const keys: BenchKey[] = [];
  const accounts = db.collection<StoredAccount>(accountsCollection.name);
  for (let left = count; left > 0; left -= atATime) {
    const made = Array.from({ length: Math.min(left, atATime) }, someMetered);
    await accounts.insertMany(made.map(({ account }) => account));
    keys.push(...made.map(({ key }) => key));
  }
  return keys;
}

function someMetered(): { account: StoredAccount; key: BenchKey } {
  const _id = new ObjectId();
  const now = new Date();
  const username = `bench_${_id.toHexString()}`;
  const { text, stored } = newKey({ accountId: _id, now, name: "bench", scopes: [...scopes] });
  const token = parseToken("key", text);
  if (!token) throw new Error("a new key is none");
  const daily = { day: "2026-01-01", perDay: 1_000_000, used: 0 };
  const account: StoredAccount = {
    _id,
    username,
    usernameKey: username,
    email: `${username}@example.com`,
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
    keys: [stored],
    sessions: [],
    codes: {},
    sends: {},
    holds: [],
    postings: [],
    logMessages: true,
    notes: "",
    createdAt: now,
    updatedAt: now,
  };
  return { account, key: { text, token, accountId: _id } };
}

export const question = [{ role: "user", content: "How many bridges has Königsberg?" }];
export const reply = "Seven, and no walk crosses each of them exactly once.";

const outcome: Outcome = {
  kind: "captured",
  credits: 1,
  conversations: 1,
  status: 200,
  tokens: { input: 100, output: 200, estimated: false },
  model: "gpt-4o-mini",
  rType: null,
  durations: { total: 100, upstream: 90 },
  sizes: { request: 500, response: 900 },
  messages: [
    {
      model: "gpt-4o-mini",
      rType: null,
      research: false,
      request: question,
      response: { role: "assistant", content: reply },
      tokens: 300,
      duration: 90,
    },
  ],
};

/** The gate and the settlement of a request on a database, as the product makes them. */
export function benchMetered(db: Db) {
  const database = { run: <Result>(work: (one: Db) => Promise<Result>) => work(db) };
  const settings = { ...defaultSettings, plans: freePlans };
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
  const gate = (token: Token): Promise<Admission> =>
    admit(deps, {
      token,
      scope: "chat",
      rateClass: "chat",
      price: { credits: 1, conversations: 1, level: 1, rType: null, model: "gpt-4o-mini" },
      timeoutMs: 300_000,
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
  /** @throws Error unless exactly one credit was charged */
  const charge = async (admission: Admission): Promise<void> => {
    const settled = await settle(deps, admission, outcome);
    if (settled.credits !== 1) throw new Error("the request was not charged");
  };
  return { gate, charge, request: async (token: Token) => charge(await gate(token)) };
}
