import { createHash } from "node:crypto";
import type { AnyClientBulkWriteModel, Db, Document, ObjectId } from "mongodb";
import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import { parseKnown } from "../known-fields.ts";
import { MeteredFacts } from "../usage/event.ts";

/** Milliseconds for which an answer is kept. */
const keptFor = 24 * 60 * 60_000;

/** Bytes of an answer that is kept at most. */
const mostBytes = 1024 * 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const StoredRecord = z.strictObject({
  /** Account and key, so that nobody meets another's. */
  _id: z.string(),
  account: objectId,
  /** The request that was answered. */
  request: z.string(),
  /** Hash of its body. */
  body: hash,
  /** Absent if it was too large to be kept. */
  answer: z.strictObject({ status: z.int(), body: z.string() }).optional(),
  /** The request's event, for the case that nobody lived to insert it. */
  event: MeteredFacts,
  expiresAt: z.date(),
});
export type IdempotencyRecord = Omit<z.output<typeof StoredRecord>, "expiresAt">;

/** Answers of charged requests that came with an Idempotency-Key. */
export const idempotencyCollection = {
  name: "idempotencyKeys",
  schema: StoredRecord,
  indexes: [
    { name: "expiry", key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    { name: "account", key: { account: 1 } },
  ],
} satisfies CollectionSpec;

/** An Idempotency-Key as it is kept: it stands for one request to one address. */
export const idempotencyHash = (route: string, key: string): string =>
  createHash("sha256").update(`${route}\n${key}`).digest("hex");

/** The id of the record of an account's key. */
export const recordId = (account: ObjectId, key: string): string =>
  `${account.toHexString()}:${key}`;

/** The answer if it is small enough to be kept. */
export const keepable = (answer: IdempotencyRecord["answer"]): Pick<IdempotencyRecord, "answer"> =>
  answer && Buffer.byteLength(answer.body) <= mostBytes
    ? { answer: { status: answer.status, body: answer.body } }
    : {};

/**
 * The record as one step of a `client.bulkWrite`. It stands in for a missing or an expired one; one
 * that lives stays as it is, so that the first answer is everybody's.
 */
export function keepRecord(db: Db, record: IdempotencyRecord): AnyClientBulkWriteModel<Document> {
  const fresh = {
    $mergeObjects: [literal(record), { expiresAt: { $add: ["$$NOW", keptFor] } }],
  };
  const isLive = { $gt: ["$expiresAt", "$$NOW"] };
  return {
    name: "updateOne",
    namespace: `${db.databaseName}.${idempotencyCollection.name}`,
    filter: { _id: record._id } as Document,
    update: [{ $replaceWith: { $cond: [isLive, "$$ROOT", fresh] } }],
    upsert: true,
  };
}

/** Records of answers, as they are found again. */
export function idempotencyStore(database: Pick<Database, "run">) {
  return {
    /** The record of that id, unless it has expired. */
    find: async (id: string): Promise<IdempotencyRecord | undefined> => {
      const found = await database.run((db) =>
        db
          .collection<z.output<typeof StoredRecord>>(idempotencyCollection.name)
          .findOne({ _id: id, $expr: { $gt: ["$expiresAt", "$$NOW"] } }),
      );
      return found ? parseKnown(StoredRecord, found) : undefined;
    },
  };
}

export type IdempotencyStore = ReturnType<typeof idempotencyStore>;
