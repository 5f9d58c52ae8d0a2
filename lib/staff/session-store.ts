import * as z from "zod";
import type { Database } from "../db/connection.ts";
import { fieldsOf } from "../db/fields-of.ts";
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
    open: async (token: TokenIds) => {
      const opened = await open(token);
      return opened && { staff: opened.holder, session: opened.session, now: opened.now };
    },
    rotate,
    end,
    revoke,
    refreshable,
  };
}

export type StaffSessionStore = ReturnType<typeof staffSessionStore>;
