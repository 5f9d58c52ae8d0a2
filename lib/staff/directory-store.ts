import type { Db, Document, ObjectId } from "mongodb";
import { staffLockKeys } from "../accounts/attempts.ts";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import { recordChange } from "../security/record-change.ts";
import { forgetAttempts } from "../security/throttle/store.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { type StoredRole, StoredStaff, staffCollection } from "./document.ts";

type Kind = StoredRole["kind"];

interface Page {
  /** Kinds of staff that may be seen. */
  kinds: readonly Kind[];
  /** From 1. */
  page: number;
  size: number;
}

interface Change {
  /** As it was read: a change of something that was changed since is none. */
  before: Pick<StoredStaff, "_id" | "updatedAt">;
  status: StoredStaff["status"];
  role: StoredRole;
  /** The request whose mark of `retire` must still count, if it had to make one. */
  retiredBy: string | undefined;
  events: SecurityEvent[];
  usage: CarriedUsage | undefined;
}

interface Reset {
  before: Pick<StoredStaff, "_id" | "username" | "updatedAt">;
  newHash: string;
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

const staffOf = (db: Db) => db.collection<StoredStaff>(staffCollection.name);

/** Far longer than a change may take; whoever wrote it down and crashed is forgotten then. */
const retiringFor = 60_000;

/** Marks that still count. */
const marks = {
  $filter: {
    input: { $ifNull: ["$retiring", []] },
    as: "one",
    cond: { $gt: ["$$one.at", { $subtract: ["$$NOW", retiringFor] }] },
  },
};

const isMarkedBy = (request: string): Document => ({
  $in: [literal(request), { $map: { input: marks, as: "one", in: "$$one.by" } }],
});

const isRetiring = { $gt: [{ $size: marks }, 0] };

/** Members of staff as others manage them. */
export function staffDirectory(database: Pick<Database, "run">) {
  return {
    /** One page of staff, admins first and of each kind the newest first, and how many there are in all. */
    list: async ({ kinds, page, size }: Page): Promise<{ found: StoredStaff[]; total: number }> => {
      const filter = { "role.kind": { $in: [...kinds] } };
      const [found, total] = await database.run((db) =>
        Promise.all([
          staffOf(db)
            .find(filter)
            .sort({ "role.kind": 1, _id: -1 })
            .skip((page - 1) * size)
            .limit(size)
            .toArray(),
          staffOf(db).countDocuments(filter),
        ]),
      );
      return { found: found.map((one) => StoredStaff.parse(one)), total };
    },

    /** Somebody of staff, if of one of those kinds. */
    find: async (_id: ObjectId, kinds: readonly Kind[]): Promise<StoredStaff | undefined> => {
      const found = await database.run((db) =>
        staffOf(db).findOne({ _id, "role.kind": { $in: [...kinds] } }),
      );
      return found ? StoredStaff.parse(found) : undefined;
    },

    /** Whether there is an admin, active or not. */
    hasAdmin: async (): Promise<boolean> => {
      const found = await database.run((db) =>
        staffOf(db).findOne({ "role.kind": "admin" }, { projection: { _id: 1 } }),
      );
      return found !== null;
    },

    /**
     * Writes down that somebody is about to stop being an active super admin, and says whether another
     * one stays. It is written first and looked for then, so that of several who go at the same time
     * the last to be written down finds nobody left. `by` is the request: what one takes back is its
     * own mark, never that of another about the same person.
     */
    retire: (_id: ObjectId, by: string): Promise<boolean> =>
      database.run(async (db) => {
        const mark = { by: literal(by), at: "$$NOW" };
        await staffOf(db).updateOne({ _id }, [
          { $set: { retiring: { $concatArrays: [marks, [mark]] } } },
        ]);
        const other = await staffOf(db).findOne(
          { "role.isSuperAdmin": true, status: "active", $expr: { $not: [isRetiring] } },
          { projection: { _id: 1 } },
        );
        return other !== null;
      }),

    /** Somebody who was about to go, as far as that request is concerned, stays. */
    stay: (_id: ObjectId, by: string): Promise<unknown> =>
      database.run((db) => staffOf(db).updateOne({ _id }, { $pull: { retiring: { by } } })),

    /** Gives somebody another role or status; whoever is disabled has no session any more. False if it was changed meanwhile, or the mark is forgotten. */
    change: ({ before, status, role, retiredBy, events, usage }: Change): Promise<boolean> =>
      recordChange(database, staffCollection.name, {
        filter: {
          _id: before._id,
          updatedAt: before.updatedAt,
          // Whoever went once it was forgotten may have been the other one.
          ...(retiredBy !== undefined && { $expr: isMarkedBy(retiredBy) }),
        },
        update: [
          {
            $set: {
              status,
              role: literal(role),
              ...(status === "disabled" && { sessions: [] }),
              updatedAt: "$$NOW",
            },
          },
          { $unset: "retiring" },
        ],
        event: events,
        usage,
      }),

    /** Gives somebody a password to be changed, takes the second factor away, and ends all sessions and locks. False if it was changed meanwhile. */
    reset: ({ before, newHash, event, usage }: Reset): Promise<boolean> =>
      recordChange(database, staffCollection.name, {
        filter: { _id: before._id, updatedAt: before.updatedAt },
        update: [
          {
            $set: {
              passwordHash: literal(newHash),
              passwordIsTemporary: true,
              sessions: [],
              updatedAt: "$$NOW",
            },
          },
          { $unset: ["totp", "pendingTotp", "proof"] },
        ],
        event,
        usage,
        also: (db) => staffLockKeys(before).map((key) => forgetAttempts(db, key)),
      }),
  };
}

export type StaffDirectory = ReturnType<typeof staffDirectory>;
