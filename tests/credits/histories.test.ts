import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ObjectId } from "mongodb";
import {
  accountsCollection,
  type StoredAccount,
  type StoredKey,
  scopes,
} from "../../lib/accounts/document.ts";
import { complete } from "../../lib/credits/complete.ts";
import { type GateTake, gateStatement } from "../../lib/credits/gate-statement.ts";
import { ledgerCollection } from "../../lib/credits/ledger.ts";
import { judge, type Verdict } from "../../lib/credits/rules.ts";
import { migrate } from "../../lib/db/migrate.ts";
import type { UsageFacts } from "../../lib/usage/event.ts";
import { abandonedEvent } from "../../lib/usage/request-event.ts";
import { someAccount } from "../support/accounts.ts";
import { testDatabase } from "../support/database.ts";
import { hashOf } from "../support/metering.ts";
import { afterEvent, afterGate } from "./model.ts";

const HISTORIES = 1_000;

const { db } = await testDatabase();
await migrate(db, [accountsCollection, ledgerCollection]);
const database = { run: <R>(work: (one: typeof db) => Promise<R>) => work(db) };
const accounts = db.collection<StoredAccount>(accountsCollection.name);

const noon = Date.parse("2026-05-04T12:00:00Z");
const today = "2026-05-04";
const minute = 60_000;

/** The statement as it would run at `now`: the server's clock is the one thing that is not random here. */
const at = (now: Date, value: unknown): unknown => {
  if (value === "$$NOW") return now;
  if (Array.isArray(value)) return value.map((one) => at(now, one));
  if (value instanceof Date || value instanceof ObjectId) return value;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, at(now, one)]));
};

const digits = ["10", "20", "30"].map((end) => `${"0".repeat(20)}ffff0a0000${end}`) as [
  string,
  string,
  string,
];
const keyIds = [new ObjectId(), new ObjectId()] as const;

const somePlans = {
  small: { rate: { perMinute: 7 }, openAtOnce: 2 },
  large: { rate: { perMinute: 600, burst: 400 }, openAtOnce: 50 },
};

const often = <Value>(usual: Value, ...others: Value[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );

const daily = (most: number) =>
  fc.record({
    day: fc.constantFrom(today, "2026-05-03"),
    perDay: fc.integer({ min: Math.floor(most / 4), max: most }),
    used: fc.nat(Math.ceil(most / 2)),
  });

const optional = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc.option(value, { nil: undefined }).map((one) => (one === undefined ? {} : { [name]: one }));

const merged = (...parts: fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all));

const someKey = (id: ObjectId, number: number) =>
  merged(
    fc.record({
      id: fc.constant(id),
      name: fc.constant("key"),
      masked: fc.constant("pe_x…y"),
      scopes: often<StoredKey["scopes"]>([...scopes], ["chat"], ["batch"]),
      secrets: fc
        .constantFrom<number | undefined>(undefined, noon - 1, noon + minute)
        .map((until) => [
          { hash: hashOf(`secret ${number}`) },
          { hash: hashOf(`former ${number}`), ...(until && { until: new Date(until) }) },
        ]),
      createdAt: fc.constant(new Date(noon - minute)),
    }),
    optional(
      "expiresAt",
      often(noon + 30 * 60 * minute, noon + minute, noon).map((ms) => new Date(ms)),
    ),
    optional("cap", fc.record({ limit: fc.integer({ min: 4, max: 30 }), used: fc.nat(8) })),
    optional(
      "allow",
      often(
        { from: digits[0], to: digits[1] },
        // All of IPv6, in which no IPv4 is.
        { from: "0".repeat(32), to: "f".repeat(32) },
      ).map((range) => [range]),
    ),
  );

const accountArbitrary: fc.Arbitrary<Partial<StoredAccount>> = merged(
  fc.record({
    status: often<StoredAccount["status"]>("active", "suspended"),
    verified: often(true, false),
    plan: often("large", "small", "gone"),
    level: fc.integer({ min: 2, max: 4 }),
    rTypes: fc.subarray(["bpe", "tot"]),
    allowance: daily(8),
    conversations: daily(30),
    balance: fc.nat(25),
    keys: fc.tuple(someKey(keyIds[0], 0), someKey(keyIds[1], 1)),
  }),
  optional(
    "override",
    merged(
      optional("openAtOnce", fc.integer({ min: 1, max: 3 })),
      optional(
        "rate",
        fc.record({ chat: fc.record({ perMinute: fc.integer({ min: 1, max: 90 }) }) }),
      ),
    ),
  ),
);

type Ask = Omit<GateTake, "id"> & { kind: "ask" };
const ask: fc.Arbitrary<Ask> = fc.record({
  kind: fc.constant("ask" as const),
  keyId: fc.constantFrom(...keyIds).map((id) => id.toHexString()),
  hash: often("secret 0", "former 0", "secret 1", "none").map(hashOf),
  scope: often<GateTake["scope"]>("chat", null, "batch"),
  rateClass: often<GateTake["rateClass"]>("chat", "batch"),
  address: often(digits[0], digits[2], ""),
  shutOut: often(false, true),
  price: fc.option(
    fc.record({
      credits: fc.nat(4),
      conversations: fc.nat(3),
      level: often(1, 3, 4),
      rType: often<string | null>(null, "bpe", "tot", "$plan"),
    }),
    { nil: undefined, freq: 6 },
  ),
  idempotency: fc.option(
    fc.record({
      key: fc.constantFrom("a", "b").map(hashOf),
      body: fc.constantFrom("x", "y").map(hashOf),
    }),
    { nil: undefined, freq: 2 },
  ),
  verificationRequired: often(true, false),
  plans: fc.constant(somePlans),
  endpoint: fc.constantFrom("/v1/chat/completions", "$balance"),
  ip: fc.constant("10.0.0.16"),
  model: fc.constantFrom(undefined, "gpt-4o"),
  holdMs: fc.constant(960_000),
});

type Step =
  | Ask
  | { kind: "wait"; milliseconds: number }
  | { kind: "end"; which: number; credits: number; conversations: number };
const wait = fc.record({
  kind: fc.constant("wait" as const),
  milliseconds: fc.constantFrom(1, 1_000, 8_571, minute, 13 * 60 * minute),
});
const end = fc.record({
  kind: fc.constant("end" as const),
  which: fc.nat(5),
  credits: fc.nat(4),
  conversations: fc.nat(3),
});
const overMidnight = fc.constant({ kind: "wait" as const, milliseconds: 13 * 60 * minute });

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 14, arbitrary: fc.tuple(ask) },
      { weight: 4, arbitrary: fc.tuple(wait) },
      { weight: 8, arbitrary: fc.tuple(end) },
      // Rare by chance: an end after the account was used on another day.
      { weight: 2, arbitrary: fc.tuple(ask, overMidnight, ask, end) },
    ),
    { minLength: 4, maxLength: 16, size: "max" },
  )
  .map((parts) => parts.flat());

/** A request that asks for `which`'s key's own secret, unless it was drawn otherwise. */
const matched = (one: Ask): Ask =>
  one.hash === hashOf("secret 0") && one.keyId === keyIds[1].toHexString()
    ? { ...one, hash: hashOf("secret 1") }
    : one;

/** What the histories have to come to, each of it often. */
const everything: ReadonlySet<string> = new Set<Verdict | GivenBack>([
  "admitted",
  "key",
  "scope",
  "address",
  "suspended",
  "unverified",
  "plan",
  "level",
  "r-type",
  "rate",
  "in-progress",
  "other-body",
  "conversations",
  "credits",
  "cap",
  "open",
  "back to the allowance",
  "back to the balance",
  "back to a cap",
  "back to a day that is over",
]);

type GivenBack =
  | "back to the allowance"
  | "back to the balance"
  | "back to a cap"
  | "back to a day that is over";

/** Where the end of a hold gives something back to. */
function givenBack(
  { allowance, keys }: StoredAccount,
  hold: StoredAccount["holds"][number],
  { credits }: UsageFacts,
): GivenBack[] {
  const toAllowance = hold.credits.allowance > credits.allowance;
  const toBalance = hold.credits.balance > credits.balance;
  const isCapped = keys.some(({ id, cap }) => cap !== undefined && id.equals(hold.key));
  const isOver = allowance.day !== hold.day;
  return [
    ...(toAllowance && !isOver ? ["back to the allowance" as const] : []),
    ...(toAllowance && isOver ? ["back to a day that is over" as const] : []),
    ...(toBalance ? ["back to the balance" as const] : []),
    ...(isCapped && (toAllowance || toBalance) ? ["back to a cap" as const] : []),
  ];
}

describe("the gate's statement and the pure rule", () => {
  it(`decide and take the same, in ${HISTORIES} random histories of requests, refunds and days`, async () => {
    const seen = new Map<string, number>();
    const saw = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1);
    const history = async (start: Partial<StoredAccount>, steps: Step[]): Promise<void> => {
      let model = someAccount(start);
      await accounts.insertOne(model);
      let now = noon;
      for (const [number, one] of steps.entries()) {
        if (one.kind === "wait") {
          now += one.milliseconds;
          continue;
        }
        if (one.kind === "ask") {
          const { kind, ...request } = matched(one);
          const take: GateTake = { ...request, id: `${model._id.toHexString()}-${number}` };
          const time = new Date(now);
          const statement = at(time, gateStatement(take)) as object[];
          const stored = await accounts.findOneAndUpdate({ _id: model._id }, statement, {
            returnDocument: "after",
          });
          saw(judge(model, take, time));
          model = afterGate(model, take, time);
          expect(stored).toEqual(model);
          continue;
        }
        const hold = model.holds[one.which % model.holds.length];
        if (!hold) continue;
        const event = {
          ...abandonedEvent(model, hold),
          credits: {
            allowance: Math.min(one.credits, hold.credits.allowance),
            balance: Math.min(one.credits, hold.credits.balance),
          },
          conversations: Math.min(one.conversations, hold.conversations),
        };
        await complete(database, event);
        for (const what of givenBack(model, hold, event)) saw(what);
        model = afterEvent(model, event);
        expect(await accounts.findOne({ _id: model._id })).toEqual(model);
      }
    };
    await fc.assert(fc.asyncProperty(accountArbitrary, steps, history), { numRuns: HISTORIES });
    // What never happened would prove nothing.
    const rare = [...everything].filter((what) => (seen.get(what) ?? 0) < HISTORIES / 100);
    expect({ rare, seen }).toEqual({ rare: [], seen });
    expect(seen.get("admitted")).toBeGreaterThan(HISTORIES);
  }, 600_000);
});
