import * as z from "zod";
import type { Database } from "../db/connection.ts";
import { fieldsOf } from "../db/fields-of.ts";
import type { ProofAttempt } from "../security/proof.ts";
import { holderSessions, type TokenIds } from "../sessions/holder-sessions.ts";
import { StoredStaff, staffCollection } from "./document.ts";

const Opened = StoredStaff.extend({ now: z.date().optional() });

/** Sessions of admins and support staff. */
export function staffSessionStore(database: Pick<Database, "run">) {
  const { open, rotate, end, revoke, refreshable } = holderSessions<StoredStaff>(database, {
    collection: staffCollection.name,
    projection: fieldsOf(Opened),
    parse: (found) => Opened.parse(found),
  });
  return {
    /** As `holderSessions`, and so are the others. */
    open: async (token: TokenIds, attempt?: ProofAttempt) => {
      const opened = await open(token, attempt);
      if (!opened) return undefined;
      const { holder: staff, ...known } = opened;
      return { staff, ...known };
    },
    rotate,
    end,
    revoke,
    refreshable,
  };
}

export type StaffSessionStore = ReturnType<typeof staffSessionStore>;
