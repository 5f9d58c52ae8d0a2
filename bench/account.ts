import type { Document } from "mongodb";
import { ObjectId } from "mongodb";

const HOUR = 3_600_000;

const hash = (n: number): string => n.toString(16).padStart(64, "0");

/** An account as the gate meets it: 12 keys, 4 sessions, 3 open holds, about 4 KB of BSON. */
export const benchAccount = (number: number, now: Date): Document => ({
  _id: new ObjectId(),
  username: `user${number}`,
  email: `user${number}@example.com`,
  status: "active",
  verified: true,
  plan: "pro",
  level: 2,
  rTypes: ["chat", "batch"],
  createdAt: now,
  credits: { allowance: { perDay: 50_000, used: 0, day: "2026-01-01" }, balance: 1_000_000 },
  conversations: { perDay: 50_000, used: 0, day: "2026-01-01" },
  rate: { chat: now },
  keys: Array.from({ length: 12 }, (_, i) => ({
    id: `key${number}-${i}`,
    name: `key ${i}`,
    secrets: [{ hash: hash(number * 100 + i) }],
    scopes: ["chat", "usage:read"],
    cap: { limit: 1_000_000, used: 0 },
    createdAt: now,
  })),
  sessions: Array.from({ length: 4 }, (_, i) => ({
    id: `session${number}-${i}`,
    hash: hash(number * 1000 + i),
    refresh: hash(number * 2000 + i),
    createdAt: now,
    expiresAt: new Date(now.getTime() + 24 * HOUR),
  })),
  holds: Array.from({ length: 3 }, (_, i) => openHold(`hold${number}-${i}`, now)),
});

const openHold = (id: string, now: Date): Document => ({
  id,
  key: "key0",
  endpoint: "/v1/chat/completions",
  credits: { allowance: 10, balance: 0 },
  at: now,
  expiresAt: new Date(now.getTime() + HOUR),
});

/** A pipeline of 40 and more operators in the manner of the gate: check, decide, take, clean up. */
export const gatePipeline = (request: { id: string; key: string; hash: string; cost: number }) => {
  const key = {
    $first: {
      $filter: { input: "$keys", as: "k", cond: { $eq: ["$$k.id", { $literal: request.key }] } },
    },
  };
  const sameDay = (path: string) => ({
    $cond: [{ $eq: [`$${path}.day`, "$_day"] }, `$${path}.used`, 0],
  });
  return [
    {
      $set: {
        _day: { $dateToString: { date: "$$NOW", format: "%Y-%m-%d", timezone: "UTC" } },
        _key: key,
      },
    },
    {
      $set: {
        _allowanceLeft: {
          $max: [0, { $subtract: ["$credits.allowance.perDay", sameDay("credits.allowance")] }],
        },
        _conversationsLeft: {
          $max: [0, { $subtract: ["$conversations.perDay", sameDay("conversations")] }],
        },
        _open: { $filter: { input: "$holds", as: "h", cond: { $gt: ["$$h.expiresAt", "$$NOW"] } } },
      },
    },
    {
      $set: {
        _admitted: {
          $and: [
            { $in: [{ $literal: request.hash }, { $ifNull: ["$_key.secrets.hash", []] }] },
            { $in: ["chat", { $ifNull: ["$_key.scopes", []] }] },
            { $not: [{ $in: [{ $literal: request.id }, "$holds.id"] }] },
            { $eq: ["$status", "active"] },
            { $or: ["$verified", { $eq: ["$plan", "free"] }] },
            { $gte: ["$level", 1] },
            { $lte: ["$rate.chat", { $add: ["$$NOW", 60_000] }] },
            { $gt: ["$_conversationsLeft", 0] },
            { $gte: [{ $add: ["$_allowanceLeft", "$credits.balance"] }, request.cost] },
            { $gte: [{ $subtract: ["$_key.cap.limit", "$_key.cap.used"] }, request.cost] },
            { $lt: [{ $size: "$_open" }, 10] },
          ],
        },
        _fromAllowance: { $min: ["$_allowanceLeft", request.cost] },
      },
    },
    {
      $set: {
        credits: {
          $cond: [
            "$_admitted",
            {
              $mergeObjects: [
                "$credits",
                {
                  allowance: {
                    perDay: "$credits.allowance.perDay",
                    day: "$_day",
                    used: { $add: [sameDay("credits.allowance"), "$_fromAllowance"] },
                  },
                  balance: {
                    $subtract: [
                      "$credits.balance",
                      { $subtract: [request.cost, "$_fromAllowance"] },
                    ],
                  },
                },
              ],
            },
            "$credits",
          ],
        },
        rate: { $cond: ["$_admitted", { $mergeObjects: ["$rate", { chat: "$$NOW" }] }, "$rate"] },
        holds: {
          $cond: [
            "$_admitted",
            {
              $slice: [
                {
                  $concatArrays: [
                    "$holds",
                    [
                      {
                        id: { $literal: request.id },
                        at: "$$NOW",
                        expiresAt: { $add: ["$$NOW", 60_000] },
                      },
                    ],
                  ],
                },
                -3,
              ],
            },
            "$holds",
          ],
        },
        last: { $cond: ["$_admitted", { id: { $literal: request.id }, at: "$$NOW" }, "$last"] },
      },
    },
    {
      $unset: [
        "_day",
        "_key",
        "_allowanceLeft",
        "_conversationsLeft",
        "_open",
        "_admitted",
        "_fromAllowance",
      ],
    },
  ];
};
