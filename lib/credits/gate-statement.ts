import { type Document, ObjectId } from "mongodb";
import { literal } from "../db/literal.ts";
import { leastFrom } from "../keys/cidr.ts";
import type { GateRequest } from "./rules.ts";

/** A request as the gate takes it. */
export interface GateTake extends GateRequest {
  endpoint: string;
  ip: string;
  model: string | undefined;
  /** Milliseconds after which its hold is nobody's any more. */
  holdMs: number;
}

/** Later than anything that ends. */
const never = new Date(8.64e15);

const alive = (end: string): Document => ({ $gt: [{ $ifNull: [end, never] }, "$$NOW"] });

const found = (input: unknown, cond: Document): Document => ({
  $first: { $filter: { input, as: "one", cond } },
});

const some = (input: string, condition: Document): Document => ({
  $anyElementTrue: [{ $map: { input: { $ifNull: [input, []] }, as: "one", in: condition } }],
});

const isToday = (field: string): Document => ({ $eq: [`$${field}.day`, "$_day"] });

const usedToday = (field: string): Document => ({ $cond: [isToday(field), `$${field}.used`, 0] });

/** `leftOn` of rules.ts. */
const leftToday = (field: string): Document => ({
  $max: [0, { $subtract: [`$${field}.perDay`, { $cond: [isToday(field), `$${field}.used`, 0] }] }],
});

/** `limitsFor`, `aheadBy` and the like of rules.ts, as fields that stand only inside the statement. */
const facts = ({ keyId, rateClass, plans, price }: GateTake): Document[] => {
  const table = Object.entries(plans).map(([name, limits]) => ({ name, ...limits }));
  return [
    {
      $set: {
        _key: found("$keys", { $eq: ["$$one.id", literal(new ObjectId(keyId))] }),
        _plan: found(literal(table), { $eq: ["$$one.name", "$plan"] }),
        _day: { $dateToString: { date: "$$NOW", format: "%Y-%m-%d" } },
        _due: { $max: ["$$NOW", { $ifNull: [`$rate.${rateClass}`, "$$NOW"] }] },
      },
    },
    { $set: { _rate: { $ifNull: [`$override.rate.${rateClass}`, "$_plan.rate"] } } },
    {
      $set: {
        _gap: { $ceil: { $divide: [60_000, "$_rate.perMinute"] } },
        _burst: { $ifNull: ["$_rate.burst", { $ceil: { $divide: ["$_rate.perMinute", 2] } }] },
        _open: { $ifNull: ["$override.openAtOnce", "$_plan.openAtOnce"] },
        _allowance: { $min: [leftToday("allowance"), price?.credits ?? 0] },
      },
    },
  ];
};

const temporary = ["_key", "_plan", "_day", "_due", "_rate", "_gap", "_burst", "_open"];

/** `judgeCaller` of rules.ts. */
const callerPasses = ({ id, hash, scope, address, ...request }: GateTake): unknown[] => [
  { $ne: [literal(id), "$last.id"] },
  some("$_key.secrets", { $and: [{ $eq: ["$$one.hash", literal(hash)] }, alive("$$one.until")] }),
  alive("$_key.expiresAt"),
  ...(scope === null ? [] : [{ $in: [literal(scope), { $ifNull: ["$_key.scopes", []] }] }]),
  ...(request.shutOut ? [false] : []),
  {
    $or: [
      { $not: [{ $isArray: "$_key.allow" }] },
      some("$_key.allow", {
        $and: [
          { $lte: ["$$one.from", literal(address)] },
          { $gte: ["$$one.to", literal(address)] },
          { $gte: ["$$one.from", literal(leastFrom(address))] },
        ],
      }),
    ],
  },
  { $eq: ["$status", "active"] },
  ...(request.verificationRequired ? [{ $eq: ["$verified", true] }] : []),
  { $ne: [{ $type: "$_plan" }, "missing"] },
  {
    $lte: [
      { $subtract: ["$_due", "$$NOW"] },
      { $multiply: ["$_gap", { $subtract: ["$_burst", 1] }] },
    ],
  },
];

/** `judgePrice` of rules.ts, and those rules of `judgeCaller` that are about the price. */
const pricePasses = ({ id, idempotency }: GateTake, price: Price): Document[] => [
  { $not: [{ $in: [literal(id), "$holds.id"] }] },
  { $gte: ["$level", price.level] },
  ...(price.rType === null ? [] : [{ $in: [literal(price.rType), "$rTypes"] }]),
  ...(idempotency
    ? [{ $not: [{ $in: [literal(idempotency.key), "$holds.idempotency.key"] }] }]
    : []),
  { $gte: [leftToday("conversations"), price.conversations] },
  { $gte: [{ $add: [leftToday("allowance"), "$balance"] }, price.credits] },
  {
    $gte: [
      {
        $max: [
          0,
          {
            $subtract: [
              { $ifNull: ["$_key.cap.limit", uncapped] },
              { $ifNull: ["$_key.cap.used", 0] },
            ],
          },
        ],
      },
      price.credits,
    ],
  },
  { $lt: [{ $size: "$holds" }, "$_open"] },
];

type Price = NonNullable<GateTake["price"]>;

const uncapped = Number.MAX_SAFE_INTEGER;

/** What an admitted request takes of each field. */
function taken(request: GateTake): Document {
  const { id, keyId, price, rateClass } = request;
  const slot = {
    rate: { $mergeObjects: ["$rate", { [rateClass]: { $add: ["$_due", "$_gap"] } }] },
    last: { id: literal(id), at: "$$NOW" },
    lastActivityAt: "$$NOW",
  };
  if (!price) return slot;
  const addUse = (field: string, amount: unknown) => ({
    $mergeObjects: [`$${field}`, { day: "$_day", used: { $add: [usedToday(field), amount] } }],
  });
  const fromBalance = { $subtract: [price.credits, "$_allowance"] };
  const spent = {
    $mergeObjects: ["$$one.cap", { used: { $add: ["$$one.cap.used", price.credits] } }],
  };
  const isCapped = {
    $and: [
      { $eq: ["$$one.id", literal(new ObjectId(keyId))] },
      { $ne: [{ $type: "$$one.cap" }, "missing"] },
    ],
  };
  return {
    ...slot,
    allowance: addUse("allowance", "$_allowance"),
    conversations: addUse("conversations", price.conversations),
    balance: { $subtract: ["$balance", fromBalance] },
    keys: {
      $map: {
        input: "$keys",
        as: "one",
        in: { $cond: [isCapped, { $mergeObjects: ["$$one", { cap: spent }] }, "$$one"] },
      },
    },
    holds: { $concatArrays: ["$holds", [holdOf(request, price, fromBalance)]] },
  };
}

const holdOf = (request: GateTake, price: Price, fromBalance: Document): Document => ({
  id: literal(request.id),
  key: literal(new ObjectId(request.keyId)),
  endpoint: literal(request.endpoint),
  ...(request.model !== undefined && { model: literal(request.model) }),
  ...(price.rType !== null && { rType: literal(price.rType) }),
  ip: literal(request.ip),
  day: "$_day",
  credits: { allowance: "$_allowance", balance: fromBalance },
  conversations: literal(price.conversations),
  ...(request.idempotency && { idempotency: literal(request.idempotency) }),
  at: "$$NOW",
  expiresAt: { $add: ["$$NOW", request.holdMs] },
});

/**
 * The gate as the pipeline of one update: checks all that `judge` of rules.ts checks, and takes the
 * rate's slot, the conversations and the credits, or leaves the account as it was. A statement that
 * runs again finds its own hold and changes nothing.
 */
export function gateStatement(request: GateTake): Document[] {
  const { price } = request;
  const passes = {
    $and: [...callerPasses(request), ...(price ? pricePasses(request, price) : [])],
  };
  const changes = Object.entries(taken(request)).map(([field, value]) => [
    field,
    { $cond: ["$_passes", value, `$${field}`] },
  ]);
  return [
    ...facts(request),
    { $set: { _passes: passes } },
    { $set: Object.fromEntries(changes) },
    { $unset: [...temporary, "_allowance", "_passes"] },
  ];
}
