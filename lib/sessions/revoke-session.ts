import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { SessionStore, SignedInAccount } from "./store.ts";

/** Ends one of an account's sessions. @throws Failure NOT_FOUND if it has none of that id */
export async function revokeSession(
  { sessions }: { sessions: Pick<SessionStore, "revoke"> },
  { account, id, request }: { account: SignedInAccount; id: ObjectId; request: EventOrigin },
): Promise<void> {
  const session = account.sessions.find((one) => one.id.equals(id));
  if (!session) throw new Failure("NOT_FOUND");
  const details = { session_id: id.toHexString() };
  const event = securityEvent("session_revoked", { request, subject: account._id, details });
  const done = await sessions.revoke(account._id, session.id, event, request.usage);
  if (!done) throw new Failure("NOT_FOUND");
}
