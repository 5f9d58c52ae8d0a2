import type { ObjectId } from "mongodb";
import * as z from "zod";
import { Failure } from "../../errors.ts";
import { type EventOrigin, securityEvent } from "../../security/events.ts";
import { liveSessions } from "../../sessions/list-sessions.ts";
import { SessionList } from "../../sessions/rules.ts";
import type { SessionStore } from "../../sessions/store.ts";
import { type ActingStaff, actorOf } from "./actor.ts";
import type { RecordStore } from "./record-store.ts";

/** GET users/{id}/sessions */
export const UserSessions = z.object({
  success: z.literal(true),
  sessions: z.array(SessionList.shape.sessions.element.omit({ current: true })),
});

/** The sessions of a user that can still be used or refreshed, the latest used first. @throws Failure NOT_FOUND */
export async function listUserSessions(
  { records }: { records: Pick<RecordStore, "sessions"> },
  account: ObjectId,
): Promise<z.output<typeof UserSessions>> {
  const found = await records.sessions(account);
  if (!found) throw new Failure("NOT_FOUND");
  return { success: true, sessions: liveSessions(found.sessions, found.now) };
}

interface EndInput {
  staff: ActingStaff;
  account: ObjectId;
  which: ObjectId | "all";
  request: EventOrigin;
}

/** Ends one session of a user, or all. @throws Failure NOT_FOUND if there is no such user or session */
export async function endUserSessions(
  { sessions }: { sessions: Pick<SessionStore, "revoke"> },
  { staff, account, which, request }: EndInput,
): Promise<void> {
  const event = securityEvent("sessions_ended_by_staff", {
    request,
    subject: account,
    actor: actorOf(staff),
    details: { session_id: which === "all" ? "all" : which.toHexString() },
  });
  const done = await sessions.revoke(account, which, event, request.usage);
  if (!done) throw new Failure("NOT_FOUND");
}
