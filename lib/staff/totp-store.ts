import type { Document } from "mongodb";
import type { Database } from "../db/connection.ts";
import { literal } from "../db/literal.ts";
import type { SecurityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import { recordChange } from "../security/record-change.ts";
import { onlySession } from "../sessions/store.ts";
import type { CarriedUsage } from "../usage/request-usage.ts";
import { type StoredStaff, staffCollection } from "./document.ts";
import type { SpentFactor } from "./second-factor.ts";
import { spendFactor } from "./spend-factor.ts";

type Session = Pick<StoredStaff["sessions"][number], "id">;

/** What is written with a change: its security event, and the usage event of its request. */
interface Recorded {
  event: SecurityEvent;
  usage: CarriedUsage | undefined;
}

interface Offer extends Recorded {
  staff: Pick<StoredStaff, "_id" | "passwordHash">;
  /** Sealed. */
  seed: string;
  proof: Proof;
}

interface Confirmation extends Recorded {
  staff: Pick<StoredStaff, "_id">;
  seed: string;
  /** Of the code that proved it. */
  step: number;
  recovery: string[];
  session: Session;
}

interface Removal extends Recorded {
  staff: Pick<StoredStaff, "_id" | "passwordHash">;
  factor: SpentFactor;
  session: Session;
  proof: Proof;
}

/** Second factors inside their members. Each change is one batch, and false if the member is no longer what it was made for. */
export function totpStore(database: Pick<Database, "run">) {
  const change = (filter: Document, update: Document[], recorded: Recorded & { proof?: Proof }) =>
    recordChange(database, staffCollection.name, {
      filter: { status: "active", ...filter },
      update,
      ...recorded,
    });

  return {
    /** Keeps a seed until its first code comes; one that was kept before is worth nothing then. */
    offer: ({ staff: { _id, passwordHash }, seed, ...written }: Offer) =>
      change(
        { _id, passwordHash, totp: { $exists: false } },
        [{ $set: { pendingTotp: { seed: literal(seed), at: "$$NOW" } } }],
        written,
      ),

    /** Puts a seed in force, and ends the sessions that were opened without it. */
    confirm: ({ staff: { _id }, seed, step, recovery, session, ...written }: Confirmation) =>
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
        written,
      ),

    /** Takes a second factor away, which it proves itself, and ends other sessions. */
    remove: ({ staff: { _id, passwordHash }, factor, session, ...written }: Removal) =>
      change(
        { _id, passwordHash, ...spendFactor(factor).filter },
        [
          { $set: { sessions: onlySession(session.id), updatedAt: "$$NOW" } },
          { $unset: ["totp", "pendingTotp"] },
        ],
        written,
      ),
  };
}

export type TotpStore = ReturnType<typeof totpStore>;
