import type { Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import { recordChange } from "../security/record-change.ts";
import { type Attempt, takeBackAttempt } from "../security/throttle/store.ts";
import { onlySession } from "../sessions/store.ts";
import { type StoredStaff, staffCollection } from "./document.ts";
import type { SpentFactor } from "./second-factor.ts";
import { spendFactor } from "./spend-factor.ts";

type Session = Pick<StoredStaff["sessions"][number], "id">;

interface Offer {
  staff: Pick<StoredStaff, "_id" | "passwordHash">;
  /** Sealed. */
  seed: string;
  attempt: Attempt;
  event: SecurityEvent;
}

interface Confirmation {
  staff: Pick<StoredStaff, "_id">;
  seed: string;
  /** Of the code that proved it. */
  step: number;
  recovery: string[];
  session: Session;
  event: SecurityEvent;
}

interface Removal {
  staff: Pick<StoredStaff, "_id" | "passwordHash">;
  factor: SpentFactor;
  session: Session;
  attempt: Attempt;
  event: SecurityEvent;
}

/** Second factors inside their members. Each change is one batch, and false if the member is no longer what it was made for. */
export function totpStore(database: Pick<Database, "run">) {
  const change = (filter: Document, update: Document[], event: SecurityEvent, attempt?: Attempt) =>
    recordChange(database, staffCollection.name, {
      filter: { status: "active", ...filter },
      update,
      event,
      also: (db) => (attempt ? [takeBackAttempt(db, attempt, { afresh: true })] : []),
    });

  return {
    /** Keeps a seed until its first code comes; one that was kept before is worth nothing then. */
    offer: ({ staff: { _id, passwordHash }, seed, attempt, event }: Offer) =>
      change(
        { _id, passwordHash, totp: { $exists: false } },
        [{ $set: { pendingTotp: { seed: literal(seed), at: "$$NOW" } } }],
        event,
        attempt,
      ),

    /** Puts a seed in force, and ends the sessions that were opened without it. */
    confirm: ({ staff: { _id }, seed, step, recovery, session, event }: Confirmation) =>
      change(
        { _id, "pendingTotp.seed": seed },
        [
          {
            $set: {
              totp: { seed: literal(seed), lastStep: step, recovery, since: "$$NOW" },
              sessions: onlySession(session.id),
              updatedAt: "$$NOW",
            },
          },
          { $unset: "pendingTotp" },
        ],
        event,
      ),

    /** Takes a second factor away, which it proves itself, and ends other sessions. */
    remove: ({ staff: { _id, passwordHash }, factor, session, attempt, event }: Removal) =>
      change(
        { _id, passwordHash, ...spendFactor(factor).filter },
        [
          { $set: { sessions: onlySession(session.id), updatedAt: "$$NOW" } },
          { $unset: ["totp", "pendingTotp"] },
        ],
        event,
        attempt,
      ),
  };
}

export type TotpStore = ReturnType<typeof totpStore>;
