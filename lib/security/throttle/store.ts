import type { AnyClientBulkWriteModel, Db, Document } from "mongodb";
import * as z from "zod";
import type { Database } from "../../db/connection.ts";
import { literal } from "../../db/literal.ts";
import { throttleCollection } from "./document.ts";
import { type Admission, admission, type ThrottleRule } from "./rules.ts";

/** One attempt against one key under one rule. */
export interface Attempt {
  key: string;
  /** Of the request that makes it. */
  id: string;
  rule: ThrottleRule;
}

const inFuture = (milliseconds: number): Document => ({ $add: ["$$NOW", milliseconds] });

/** `upToDate` of rules.ts as a stage of a pipeline update. */
const upToDate = ({ window }: ThrottleRule): Document => {
  const live = { $gt: ["$until", "$$NOW"] };
  return {
    $set: {
      counted: { $cond: [live, "$counted", 0] },
      until: { $cond: [live, "$until", inFuture(window)] },
      open: { $cond: [live, "$open", []] },
    },
  };
};

/** An attempt put among the open ones, if `admission` of rules.ts admits it. */
const reserved = ({ id, rule }: Attempt): Document[] => {
  const room = { $lt: [{ $add: ["$counted", { $size: "$open" }] }, rule.limit] };
  const added = { $concatArrays: ["$open", [{ id: literal(id), at: "$$NOW" }]] };
  return [upToDate(rule), { $set: { open: { $cond: [room, added, "$open"] } } }];
};

const without = (id: string): Document => ({
  $filter: { input: "$open", as: "attempt", cond: { $ne: ["$$attempt.id", literal(id)] } },
});

/** `withCounted` of rules.ts. */
const counted = ({ id, rule }: Attempt): Document[] => {
  const isOpen = { $in: [literal(id), "$open.id"] };
  const locks = { $and: [isOpen, { $gte: [{ $add: ["$counted", 1] }, rule.limit] }] };
  return [
    upToDate(rule),
    {
      $set: {
        counted: { $cond: [isOpen, { $add: ["$counted", 1] }, "$counted"] },
        ...(rule.lock !== undefined && {
          until: { $cond: [locks, inFuture(rule.lock), "$until"] },
        }),
        open: without(id),
      },
    },
  ];
};

const update = (db: Db, key: string, stages: Document[]): AnyClientBulkWriteModel<Document> => ({
  name: "updateOne",
  namespace: `${db.databaseName}.${throttleCollection.name}`,
  filter: { _id: key } as Document,
  update: stages,
});

/** A step of a `client.bulkWrite` that counts an open attempt. */
export const countAttempt = (db: Db, attempt: Attempt) => update(db, attempt.key, counted(attempt));

/** A step of a `client.bulkWrite` that takes an open attempt back; `afresh` forgets those that counted before it too. */
export const takeBackAttempt = (db: Db, { key, id }: Attempt, { afresh = false } = {}) =>
  update(db, key, [{ $set: { open: without(id), ...(afresh && { counted: 0 }) } }]);

/** A step of a `client.bulkWrite` that forgets everything known of a key. */
export const forgetAttempts = (db: Db, key: string): AnyClientBulkWriteModel<Document> => ({
  name: "deleteOne",
  namespace: `${db.databaseName}.${throttleCollection.name}`,
  filter: { _id: key } as Document,
});

/** `now` is the server's clock; it is missing only in the reply to a retried write that changed something. */
const Reply = throttleCollection.schema.strip().extend({ now: z.date().optional() });

/** What a key's throttle says. */
export interface Verdict {
  admission: Admission;
  /** When the count starts afresh. */
  until: Date;
  /** Seconds to wait before another attempt. */
  retryAfter: number;
  /** The database's time. */
  now: Date;
}

/** Counters of attempts. Each operation is one statement on one document, so that no two attempts pass as one. */
export function throttleStore(database: Pick<Database, "run">) {
  const change = async (key: string, stages: Document[]) => {
    const found = await database.run((db) =>
      db
        .collection<{ _id: string }>(throttleCollection.name)
        .findOneAndUpdate({ _id: key }, stages, {
          upsert: true,
          returnDocument: "after",
          projection: { counted: 1, until: 1, open: 1, now: "$$NOW" },
        }),
    );
    const { now = new Date(), ...throttle } = Reply.parse(found);
    return { ...throttle, now };
  };

  return {
    /** Counts an attempt as open before it is made, or says why it may not be made. */
    reserve: async (attempt: Attempt): Promise<Verdict> => {
      const { now, ...throttle } = await change(attempt.key, reserved(attempt));
      const { open, until } = throttle;
      const mine = open.some(({ id }) => id === attempt.id);
      const verdict = mine ? "admitted" : admission(throttle, attempt.rule, now);
      const wait = Math.ceil((until.getTime() - now.getTime()) / 1_000);
      return {
        admission: verdict,
        until,
        retryAfter: verdict === "blocked" ? Math.max(1, wait) : 1,
        now,
      };
    },

    /** Counts an open attempt for good. */
    count: async (attempt: Attempt): Promise<{ counted: number; until: Date }> => {
      const { counted: total, until } = await change(attempt.key, counted(attempt));
      return { counted: total, until };
    },

    /** Takes open attempts back. */
    takeBack: (attempts: readonly Attempt[]): Promise<unknown> =>
      database.run((db) =>
        db.client.bulkWrite(attempts.map((attempt) => takeBackAttempt(db, attempt))),
      ),
  };
}

export type ThrottleStore = ReturnType<typeof throttleStore>;
