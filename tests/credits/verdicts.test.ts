import { describe, expect, it } from "@jest/globals";
import { ObjectId } from "mongodb";
import {
  type GateRequest,
  judge,
  keyLeft,
  limitsFor,
  type Verdict,
} from "../../lib/credits/rules.ts";
import { someAccount } from "../support/accounts.ts";

const now = new Date("2026-05-04T12:00:00.000Z");
const before = new Date(now.getTime() - 1);
const after = new Date(now.getTime() + 1);
const keyId = new ObjectId("65a0000000000000000000ff");
const otherKeyId = new ObjectId("65a0000000000000000000aa");
const [hash, otherHash] = ["a".repeat(64), "b".repeat(64)];
const address = "00000000000000000000ffffcb007107";

type Account = Parameters<typeof judge>[0];
type Key = Account["keys"][number];
type Hold = Account["holds"][number];

const price = { credits: 2, conversations: 3, level: 2, rType: "bpe" };

const request = (changes: Partial<GateRequest> = {}): GateRequest => ({
  id: "request",
  keyId: keyId.toHexString(),
  hash,
  scope: "chat",
  rateClass: "chat",
  address,
  shutOut: false,
  price,
  idempotency: undefined,
  verificationRequired: true,
  plans: { pro: { rate: { perMinute: 60, burst: 3 }, openAtOnce: 2 } },
  ...changes,
});

const key = (changes: Partial<Key> = {}): Key => ({
  id: keyId,
  name: "key",
  masked: "pe_…",
  scopes: ["chat"],
  secrets: [{ hash }],
  createdAt: before,
  ...changes,
});

const hold = (idempotency?: Hold["idempotency"]): Hold => ({
  id: "another",
  key: otherKeyId,
  endpoint: "/",
  ip: "203.0.113.7",
  day: "2026-05-04",
  credits: { allowance: 0, balance: 0 },
  conversations: 0,
  at: before,
  expiresAt: after,
  ...(idempotency && { idempotency }),
});

/** An account that has exactly what `request` asks for. */
const account = ({
  ofKey,
  ...changes
}: Partial<Account> & { ofKey?: Partial<Key> } = {}): Account =>
  someAccount({
    plan: "pro",
    level: 2,
    allowance: { day: "2026-05-04", perDay: 5, used: 4 },
    conversations: { day: "2026-05-04", perDay: 5, used: 2 },
    balance: 1,
    keys: [key({ id: otherKeyId, secrets: [{ hash: otherHash }] }), key(ofKey)],
    ...changes,
  });

const key1 = "1".repeat(64);
const body1 = "2".repeat(64);
const range = (from: string, to: string) => ({ allow: [{ from, to }] });

const verdicts: [string, Verdict, Account, GateRequest][] = [
  ["exactly what is left", "admitted", account(), request()],
  ["another key's secret", "key", account(), request({ hash: otherHash })],
  ["a key that is not there", "key", account({ keys: [] }), request()],
  ["a key that ends now", "key", account({ ofKey: { expiresAt: now } }), request()],
  ["a key that ends in a moment", "admitted", account({ ofKey: { expiresAt: after } }), request()],
  [
    "a secret that ends now",
    "key",
    account({ ofKey: { secrets: [{ hash: otherHash }, { hash, until: now }] } }),
    request(),
  ],
  [
    "a secret that ends in a moment",
    "admitted",
    account({ ofKey: { secrets: [{ hash: otherHash }, { hash, until: after }] } }),
    request(),
  ],
  ["a scope the key has not", "scope", account(), request({ scope: "batch" })],
  ["no scope asked", "admitted", account({ ofKey: { scopes: [] } }), request({ scope: null })],
  ["an address below the range", "address", account({ ofKey: range("1", "2") }), request()],
  ["an address above the range", "address", account({ ofKey: range("0", "00") }), request()],
  ["an address at both ends", "admitted", account({ ofKey: range(address, address) }), request()],
  [
    "an address that the account's rules shut out",
    "address",
    account(),
    request({ shutOut: true }),
  ],
  ["no address at all", "address", account({ ofKey: range("0", "f") }), request({ address: "" })],
  [
    "the second of two ranges",
    "admitted",
    account({
      ofKey: {
        allow: [
          { from: "1", to: "2" },
          { from: "00000000000000000000ffffcb", to: "1" },
        ],
      },
    }),
    request(),
  ],
  ["a suspended account", "suspended", account({ status: "suspended" }), request()],
  ["an account that is being deleted", "suspended", account({ status: "deleting" }), request()],
  ["an unverified account", "unverified", account({ verified: false }), request()],
  [
    "an unverified account where that is no matter",
    "admitted",
    account({ verified: false }),
    request({ verificationRequired: false }),
  ],
  ["a plan that is gone", "plan", account({ plan: "gone" }), request()],
  ["a plan named like a part of objects", "plan", account({ plan: "toString" }), request()],
  ["a level too high", "level", account({ level: 1 }), request()],
  ["a style not allowed", "r-type", account({ rTypes: ["tot"] }), request()],
  ["no style", "admitted", account({ rTypes: [] }), request({ price: { ...price, rType: null } })],
  [
    "a rate that is used to the last slot",
    "admitted",
    account({ rate: { chat: new Date(now.getTime() + 2_000) } }),
    request(),
  ],
  [
    "a rate one millisecond beyond",
    "rate",
    account({ rate: { chat: new Date(now.getTime() + 2_001) } }),
    request(),
  ],
  [
    "another class's rate",
    "admitted",
    account({ rate: { batch: new Date(now.getTime() + 60_000) } }),
    request(),
  ],
  [
    "the same Idempotency-Key in the same body",
    "in-progress",
    account({ holds: [hold(), hold({ key: key1, body: body1 })] }),
    request({ idempotency: { key: key1, body: body1 } }),
  ],
  [
    "the same Idempotency-Key in another body",
    "other-body",
    account({ holds: [hold({ key: key1, body: key1 })] }),
    request({ idempotency: { key: key1, body: body1 } }),
  ],
  [
    "another Idempotency-Key",
    "admitted",
    account({ holds: [hold({ key: body1, body: body1 })] }),
    request({ idempotency: { key: key1, body: body1 } }),
  ],
  ["an open request, and none has a key", "admitted", account({ holds: [hold()] }), request()],
  [
    "one conversation too few",
    "conversations",
    account({ conversations: { day: "2026-05-04", perDay: 5, used: 3 } }),
    request(),
  ],
  ["one credit too few", "credits", account({ balance: 0 }), request()],
  [
    "yesterday's allowance, whole again",
    "admitted",
    account({ balance: 0, allowance: { day: "2026-05-03", perDay: 2, used: 2 } }),
    request(),
  ],
  ["a cap with one too few", "cap", account({ ofKey: { cap: { limit: 9, used: 8 } } }), request()],
  ["a cap with enough", "admitted", account({ ofKey: { cap: { limit: 9, used: 7 } } }), request()],
  ["as many open as may be", "open", account({ holds: [hold(), hold()] }), request()],
  [
    "more open, of a limit of its own",
    "admitted",
    account({ holds: [hold(), hold()], override: { openAtOnce: 3 } }),
    request(),
  ],
  [
    "nothing to pay with, where nothing is paid",
    "admitted",
    account({
      balance: 0,
      level: 1,
      rTypes: [],
      allowance: { day: "2026-05-04", perDay: 0, used: 0 },
      conversations: { day: "2026-05-04", perDay: 0, used: 0 },
      holds: [hold(), hold()],
    }),
    request({ price: undefined }),
  ],
];

describe("the gate's rule", () => {
  it.each(verdicts)("of %s is %s", (_, verdict, from, asked) => {
    expect(judge(from, asked, now)).toBe(verdict);
  });

  it("tells the first reason of several", () => {
    const order: Verdict[] = [];
    const poor = { day: "2026-05-04", perDay: 0, used: 0 };
    let worst = account({
      ofKey: { expiresAt: now, scopes: [], allow: [], cap: { limit: 0, used: 0 } },
      status: "suspended",
      verified: false,
      plan: "gone",
      level: 1,
      rTypes: [],
      rate: { chat: new Date(now.getTime() + 60_000) },
      holds: [hold({ key: key1, body: body1 }), hold()],
      conversations: poor,
      allowance: poor,
      balance: 0,
    });
    const asked = request({ idempotency: { key: key1, body: body1 } });
    const ofKey = (changes: Partial<Key>): Partial<Account> => ({
      keys: worst.keys.map((one) => ({ ...one, ...changes })),
    });
    const mends: (() => Partial<Account>)[] = [
      () => ofKey({ expiresAt: after }),
      () => ofKey({ scopes: ["chat"] }),
      () => ofKey({ allow: [{ from: address, to: "f" }] }),
      () => ({ status: "active" }),
      () => ({ verified: true }),
      () => ({ plan: "pro" }),
      () => ({ level: 2 }),
      () => ({ rTypes: ["bpe"] }),
      () => ({ rate: {} }),
      () => ({ holds: [hold(), hold()] }),
      () => ({ conversations: { ...poor, perDay: 9 } }),
      () => ({ balance: 9 }),
      () => ofKey({ cap: { limit: 9, used: 0 } }),
      () => ({ holds: [] }),
    ];
    for (const mend of mends) {
      order.push(judge(worst, asked, now));
      worst = { ...worst, ...mend() };
    }
    expect([...order, judge(worst, asked, now)]).toEqual([
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
      "conversations",
      "credits",
      "cap",
      "open",
      "admitted",
    ]);
  });
});

describe("the limits that hold", () => {
  const plans = { pro: { rate: { perMinute: 7 }, openAtOnce: 2 } };

  it.each<[string, Pick<Account, "plan" | "override">, ReturnType<typeof limitsFor>]>([
    [
      "are the plan's, half of a minute's at once, rounded up",
      { plan: "pro" },
      { perMinute: 7, burst: 4, gap: 8_572, openAtOnce: 2 },
    ],
    [
      "are the account's own where it has some",
      { plan: "pro", override: { rate: { chat: { perMinute: 60, burst: 1 } }, openAtOnce: 9 } },
      { perMinute: 60, burst: 1, gap: 1_000, openAtOnce: 9 },
    ],
    [
      "are the plan's for another class",
      { plan: "pro", override: { rate: { batch: { perMinute: 60 } } } },
      { perMinute: 7, burst: 4, gap: 8_572, openAtOnce: 2 },
    ],
    ["are none for an unknown plan", { plan: "gone" }, undefined],
  ])("%s", (_, of, limits) => {
    expect(limitsFor(of, { plans, rateClass: "chat" })).toEqual(limits);
  });
});

describe("what is left of a key's cap", () => {
  it.each<[string, Partial<Key>, number]>([
    ["all there is without a cap", {}, Number.MAX_SAFE_INTEGER],
    ["the rest of it", { cap: { limit: 5, used: 2 } }, 3],
    ["nothing of one that was lowered", { cap: { limit: 1, used: 2 } }, 0],
  ])("is %s", (_, changes, left) => {
    expect(keyLeft(key(changes))).toBe(left);
  });
});
