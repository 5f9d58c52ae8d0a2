import type { Document, ObjectId } from "mongodb";
import type { Database } from "../db/connection.ts";
import { insertEvent, type SecurityEvent } from "./events.ts";
import type { Throttle } from "./throttle/rules.ts";
import {
  type Attempt,
  counted,
  type Refusal,
  reserved,
  whyNot,
  without,
} from "./throttle/store.ts";

/** One attempt to prove the password of somebody who is signed in. It counts against its holder alone. */
export type ProofAttempt = Omit<Attempt, "key">;

/**
 * The place of an attempt among those of its holder, which was taken with the session. Unless it
 * counted, or a change was made that rests on it, it is given back at the end of the request.
 */
export interface Proof {
  /** Why the password may not be looked at, if so. */
  refusal: Omit<Refusal, "key"> | undefined;
  /** Stages for a change that rests on it: the place is given back, and all failures are forgotten. */
  forgets: Document[];
  /** Says that such a change is made. */
  settle(): void;
  /** Counts it as a failure and records that, in one batch. `event` gets its number, by its place: all that are open before it are taken for failures. */
  fail(event: (number: number) => SecurityEvent): Promise<void>;
  /** Gives the place back, if nothing has become of it. */
  giveBack(): Promise<void>;
}

/** Where the throttle is in the document of its holder. */
const at = "proof.";

/** Stages for the statement that opens a session: the attempt takes a place, if there is one. */
export const proofReserved = (attempt: ProofAttempt): Document[] => reserved(attempt, at);

/** The throttle with an attempt less, and with that many failures; none if that is all that is known, so that holders stay small. */
const withoutPlace = (id: string, failures: string | number): Document => {
  const open = { $ifNull: [without(id, at), []] };
  const isEmpty = { $and: [{ $eq: [failures, 0] }, { $eq: [open, []] }] };
  const rest = { counted: failures, until: "$proof.until", open };
  return { $set: { proof: { $cond: [isEmpty, "$$REMOVE", rest] } } };
};

/** Makes the proofs of those in a collection, from the throttle that the opening of a session answered with. */
export const holderProofs =
  (database: Pick<Database, "run">, collection: string) =>
  (holder: ObjectId, attempt: ProofAttempt, throttle: Throttle, now: Date): Proof => {
    const { id } = attempt;
    const place = throttle.open.findIndex((one) => one.id === id);
    let isOpen = place >= 0;
    const filter = { _id: holder, "proof.open.id": id };
    return {
      refusal: isOpen ? undefined : whyNot(attempt.rule, { ...throttle, now }),
      forgets: [withoutPlace(id, 0)],
      settle: () => {
        isOpen = false;
      },
      fail: (event) => {
        // Whether this succeeds or not: what was looked at once is never given back.
        isOpen = false;
        return database.run(async (db) => {
          const namespace = `${db.databaseName}.${collection}`;
          await db.client.bulkWrite([
            { name: "updateOne", namespace, filter, update: counted(attempt, at) },
            insertEvent(db, event(throttle.counted + place + 1)),
          ]);
        });
      },
      giveBack: async () => {
        if (!isOpen) return;
        isOpen = false;
        await database.run((db) =>
          db.collection(collection).updateOne(filter, [withoutPlace(id, "$proof.counted")]),
        );
      },
    };
  };
