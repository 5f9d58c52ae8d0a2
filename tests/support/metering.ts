import { createHash, randomUUID } from "node:crypto";
import type { Db, ObjectId } from "mongodb";
import { accountsCollection, type StoredAccount, scopes } from "../../lib/accounts/document.ts";
import type { AddressGuard } from "../../lib/addresses/guard.ts";
import { admit } from "../../lib/credits/admit.ts";
import { auditLedger } from "../../lib/credits/audit-ledger.ts";
import { auditStore } from "../../lib/credits/audit-store.ts";
import { gateStore } from "../../lib/credits/gate.ts";
import { ledgerCollection } from "../../lib/credits/ledger.ts";
import type { AdmitInput, Metering, Outcome, Price } from "../../lib/credits/metering.ts";
import { settle } from "../../lib/credits/settle.ts";
import { settlementStore } from "../../lib/credits/settlement-store.ts";
import { sweepHolds } from "../../lib/credits/sweep-holds.ts";
import { sweepStore } from "../../lib/credits/sweep-store.ts";
import type { Database } from "../../lib/db/connection.ts";
import { idempotencyStore } from "../../lib/idempotency/record.ts";
import { newKey } from "../../lib/keys/new-key.ts";
import { parseToken, type Token } from "../../lib/security/token.ts";
import { defaultSettings, type Settings } from "../../lib/settings/rules.ts";
import { type UsageEvent, usageEventsCollection } from "../../lib/usage/event.ts";
import { someAccount } from "./accounts.ts";
import { openToAll } from "./addresses.ts";
import { memoryLog } from "./endpoint.ts";

export const somePrice: Price = {
  credits: 1,
  conversations: 1,
  level: 1,
  rType: null,
  model: "gpt-4o-mini",
};

/** An outcome that charges everything, with what the test wants otherwise. */
export const someOutcome = (changes: Partial<Outcome> = {}): Outcome => ({
  kind: "captured",
  credits: 1,
  conversations: 1,
  status: 200,
  tokens: { input: 10, output: 20, estimated: false },
  model: "gpt-4o-mini",
  rType: null,
  durations: { total: 120, upstream: 100 },
  sizes: { request: 100, response: 200 },
  ...changes,
});

/** Gate, settle and sweep on a database, with counters that can be read. */
export function testMetering(
  database: Pick<Database, "run">,
  settings: Settings = defaultSettings,
  addresses: Pick<AddressGuard, "lets"> = openToAll,
) {
  const { log, lines } = memoryLog();
  const counted: Record<string, number> = {};
  const deps = {
    gate: gateStore(database),
    answers: idempotencyStore(database),
    settlements: settlementStore(database),
    sweeps: sweepStore(database),
    audits: auditStore(database),
    settings: { current: async () => settings },
    addresses,
    count: (name: string, count: number) => {
      counted[name] = (counted[name] ?? 0) + count;
    },
    pause: async () => undefined,
    log,
  };
  const metering: Metering = {
    admit: (input) => admit(deps, input),
    settle: (admission, outcome) => settle(deps, admission, outcome),
  };
  return {
    ...metering,
    sweep: () => sweepHolds(deps, { budget: 20_000 }),
    audit: () => auditLedger(deps),
    counted,
    lines,
    log,
  };
}

/** A request for one credit and one conversation, with what the test wants otherwise. */
export const someAdmission = (
  token: Token,
  changes: Omit<Partial<AdmitInput>, "request"> & {
    request?: Partial<AdmitInput["request"]>;
  } = {},
): AdmitInput => ({
  token,
  scope: "chat",
  rateClass: "chat",
  price: somePrice,
  timeoutMs: 900_000,
  ...changes,
  request: {
    id: randomUUID(),
    clientRequestId: undefined,
    method: "POST",
    route: "/v1/chat/completions",
    ip: "203.0.113.7",
    userAgent: "test-agent/1.0",
    log: memoryLog().log,
    ...changes.request,
  },
});

/** SHA-256 of a text, as a body's hash. */
export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** An account of the enterprise plan with a key, in the database; its balance stands in the ledger too. */
export async function meteredAccount(
  db: Db,
  changes: Partial<StoredAccount> = {},
  keyChanges: { creditLimit?: number } = {},
): Promise<{ account: StoredAccount; token: Token; text: string }> {
  const base = someAccount({ plan: "enterprise", level: 4, balance: 50, ...changes });
  const made = newKey({
    accountId: base._id,
    now: new Date(),
    name: "test",
    scopes: [...scopes],
    ...keyChanges,
  });
  const account = { ...base, keys: [made.stored, ...base.keys] };
  const token = parseToken("key", made.text);
  if (!token) throw new Error("the new key is none");
  await db.collection<StoredAccount>(accountsCollection.name).insertOne(account);
  await db.collection<{ _id: string }>(ledgerCollection.name).insertOne({
    _id: `${account._id.toHexString()}:sign-up`,
    account: account._id,
    kind: "sign-up",
    credits: { allowance: 0, balance: account.balance },
    reason: "test",
    actor: "service",
    at: new Date(),
  } as { _id: string });
  return { account, token, text: made.text };
}

/** What is stored of an account and its requests. */
export async function stateOf(db: Db, account: ObjectId) {
  const [stored, ledger, events] = await Promise.all([
    db.collection<StoredAccount>(accountsCollection.name).findOne({ _id: account }),
    db.collection(ledgerCollection.name).find({ account }).toArray(),
    db
      .collection<UsageEvent>(usageEventsCollection.name)
      .find({ account })
      .sort({ recorded: 1 })
      .toArray(),
  ]);
  if (!stored) throw new Error("the account is gone");
  const sum = (part: "allowance" | "balance"): number =>
    ledger.reduce((total, { credits }) => total + credits[part], 0);
  return {
    account: stored,
    ledger,
    events,
    /** Sums of the ledger's parts. */
    moved: { allowance: sum("allowance"), balance: sum("balance") },
  };
}

/** Lets all holds of an account expire at once. */
export const expireHolds = (db: Db, account: ObjectId): Promise<unknown> =>
  db.collection<StoredAccount>(accountsCollection.name).updateOne(
    { _id: account, "holds.0": { $exists: true } },
    {
      $set: { "holds.$[].expiresAt": new Date(0) },
    },
  );
