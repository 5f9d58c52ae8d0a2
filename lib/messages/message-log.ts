import type { AnyClientBulkWriteModel, Db, Document } from "mongodb";
import * as z from "zod";
import { objectId } from "../db/bson.ts";
import type { CollectionSpec } from "../db/collection-spec.ts";

export const StoredMessage = z.strictObject({
  /** Of the request, and the number of the task in it. */
  _id: z.string(),
  account: objectId,
  username: z.string(),
  email: z.string(),
  model: z.string(),
  rType: z.string().optional(),
  research: z.boolean(),
  /** `{request, response}` as JSON text: what callers name in it need not be a name a database takes. */
  messages: z.string(),
  tokens: z.int().min(0),
  /** Milliseconds. */
  duration: z.number().min(0),
  ip: z.string(),
  at: z.date(),
});
export type StoredMessage = z.output<typeof StoredMessage>;

/** Requests and answers of accounts that want them kept; gone after 30 days. */
export const messageLogsCollection = {
  name: "messageLogs",
  schema: StoredMessage,
  indexes: [
    { name: "expiry", key: { at: 1 }, expireAfterSeconds: 30 * 24 * 60 * 60 },
    { name: "account", key: { account: 1, at: -1, _id: -1 } },
  ],
} satisfies CollectionSpec;

/** Bytes of a message that is kept at most: a document of the database holds 16 MiB. */
const mostBytes = 8 * 1024 * 1024;

/** The messages without those that are too large to be kept: one of them must not keep a charge from being written. */
export const keptMessages = (messages: readonly StoredMessage[]): StoredMessage[] =>
  messages.filter((message) => Buffer.byteLength(message.messages) <= mostBytes);

/** The message as one step of a `client.bulkWrite` that may run again. */
export const keepMessage = (
  db: Db,
  { _id, ...message }: StoredMessage,
): AnyClientBulkWriteModel<Document> => ({
  name: "updateOne",
  namespace: `${db.databaseName}.${messageLogsCollection.name}`,
  filter: { _id } as Document,
  update: { $setOnInsert: message },
  upsert: true,
});
