import type { ClientDeleteOneModel, ClientUpdateOneModel, Db, Document } from "mongodb";
import * as z from "zod";
import type { Database } from "../../db/connection.ts";
import { fieldsOf } from "../../db/fields-of.ts";
import { literal } from "../../db/literal.ts";
import { throttleCollection } from "./document.ts";
import { type Admission, admission, type Throttle, type ThrottleRule } from "./rules.ts";

/** One attempt against one key under one rule. */
export interface Attempt {
  key: string;
  /** Of the request that makes it. */
  id: string;
  rule: ThrottleRule;
}

const inFuture = (milliseconds: number): Document => ({ $add: ["$$NOW", milliseconds] });

// Stages of pipeline updates. A throttle is a document, or with `at` such as `proof.` a field of one.

/** `upToDate` of rules.ts. */
const upToDate = ({ window }: ThrottleRule, at: string): Document => {
  const live = { $gt: [`$${at}until`, "$$NOW"] };
  return {
    $set: {
      [`${at}counted`]: { $cond: [live, `$${at}counted`, 0] },
      [`${at}until`]: { $cond: [live, `$${at}until`, inFuture(window)] },
      [`${at}open`]: { $cond: [live, `$${at}open`, []] },
    },
  };
};

/** An attempt put among the open ones, if `admission` of rules.ts admits it. */
export const reserved = ({ id, rule }: Omit<Attempt, "key">, at = ""): Document[] => {
  const open = `$${at}open`;
  const room = { $lt: [{ $add: [`$${at}counted`, { $size: open }] }, rule.limit] };
  const added = { $concatArrays: [open, [{ id: literal(id), at: "$$NOW" }]] };
  return [upToDate(rule, at), { $set: { [`${at}open`]: { $cond: [room, added, open] } } }];
};

/** What is open but an attempt. */
export const without = (id: string, at = ""): Document => ({
  $filter: { input: `$${at}open`, as: "attempt", cond: { $ne: ["$$attempt.id", literal(id)] } },
});

/** `withCounted` of rules.ts. */
export const counted = ({ id, rule }: Omit<Attempt, "key">, at = ""): Document[] => {
  const isOpen = { $in: [literal(id), `$${at}open.id`] };
  const more = { $add: [`$${at}counted`, 1] };
  const locks = { $and: [isOpen, { $gte: [more, rule.limit] }] };
  return [
    upToDate(rule, at),
    {
      $set: {
        [`${at}counted`]: { $cond: [isOpen, more, `$${at}counted`] },
        ...(rule.lock !== undefined && {
          [`${at}until`]: { $cond: [locks, inFuture(rule.lock), `$${at}until`] },
        }),
        [`${at}open`]: without(id, at),
      },
    },
  ];
};

const update = (db: Db, key: string, stages: Document[]): ClientUpdateOneModel<Document> => ({
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

/** Steps of a `client.bulkWrite` for a login that is made: what failed before is forgotten of its name, not of its address. */
export const takeBackLogin = (
  db: Db,
  { identity, address }: { identity: Attempt; address: Attempt },
) => [takeBackAttempt(db, identity, { afresh: true }), takeBackAttempt(db, address)];

/** A step of a `client.bulkWrite` that forgets everything known of a key. */
export const forgetAttempts = (db: Db, key: string): ClientDeleteOneModel<Document> => ({
  name: "deleteOne",
  namespace: `${db.databaseName}.${throttleCollection.name}`,
  filter: { _id: key } as Document,
});

const Stored = throttleCollection.schema.strip();

/** What is known of a key, and the database's time. */
const Known = Stored.extend({ now: z.date() });
type Known = z.output<typeof Known>;

/** Why an attempt may not be made. */
export interface Refusal {
  key: string;
  admission: Exclude<Admission, "admitted">;
  /** Seconds to wait before another attempt. */
  retryAfter: number;
}

/** Counters of attempts. Each is changed by one statement on its document, so that no two attempts pass as one. */
export function throttleStore(database: Pick<Database, "run">) {
  const takeBack = (attempts: readonly Attempt[]): Promise<unknown> =>
    database.run((db) =>
      db.client.bulkWrite(attempts.map((attempt) => takeBackAttempt(db, attempt))),
    );

  const known = async (keys: readonly string[]) => {
    const found = await database.run((db) =>
      db
        .collection<{ _id: string }>(throttleCollection.name)
        .find({ _id: { $in: keys } }, { projection: fieldsOf(Known) })
        .toArray(),
    );
    return new Map(found.map((one) => [one._id, Known.parse(one)]));
  };

  return {
    /**
     * Counts attempts as open before they are made: all of them, or none.
     * @returns why not, for each that may not be made; nothing if all may
     */
    reserve: async (...attempts: Attempt[]): Promise<Refusal[]> => {
      const { modifiedCount, upsertedCount } = await database.run((db) =>
        db.client.bulkWrite(
          attempts.map((attempt) => ({
            ...update(db, attempt.key, reserved(attempt)),
            upsert: true,
          })),
        ),
      );
      // An attempt that is not admitted changes nothing.
      if (modifiedCount + upsertedCount === attempts.length) return [];
      const throttles = await known(attempts.map(({ key }) => key));
      const isOpen = ({ key, id }: Attempt): boolean =>
        throttles.get(key)?.open.some((one) => one.id === id) === true;
      const admitted = attempts.filter(isOpen);
      if (admitted.length === attempts.length) return [];
      if (admitted.length > 0) await takeBack(admitted);
      return attempts
        .filter((attempt) => !isOpen(attempt))
        .map((attempt) => refusal(attempt, throttles.get(attempt.key)));
    },

    /** Counts an open attempt for good. */
    count: async ({ key, ...attempt }: Attempt): Promise<{ counted: number; until: Date }> => {
      const found = await database.run((db) =>
        db
          .collection<{ _id: string }>(throttleCollection.name)
          .findOneAndUpdate({ _id: key }, counted(attempt), {
            upsert: true,
            returnDocument: "after",
          }),
      );
      return Stored.parse(found);
    },

    /** Takes open attempts back. */
    takeBack,
  };
}

/** Why an attempt was not admitted, by what is known of its key a moment later: it may be free again by then. */
const refusal = ({ key, rule }: Attempt, known: Known | undefined): Refusal => ({
  key,
  ...whyNot(rule, known),
});

/** Why one more attempt is not admitted by what is known. */
export function whyNot(
  rule: ThrottleRule,
  known: (Throttle & { now: Date }) | undefined,
): Omit<Refusal, "key"> {
  if (!known || admission(known, rule, known.now) !== "blocked") {
    return { admission: "busy", retryAfter: 1 };
  }
  const wait = Math.ceil((known.until.getTime() - known.now.getTime()) / 1_000);
  return { admission: "blocked", retryAfter: Math.max(1, wait) };
}

export type ThrottleStore = ReturnType<typeof throttleStore>;
