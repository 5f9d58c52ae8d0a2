import { type EventOrigin, securityEvent } from "../security/events.ts";
import { parseToken } from "../security/token.ts";
import type { SessionStore } from "./store.ts";

/**
 * Signs out: ends the session of a token, or all of its account if the session is a live one. Any
 * other token is none of ours or ended already, which is what was wanted.
 */
export async function endSession(
  { sessions }: { sessions: Pick<SessionStore, "open" | "end" | "revoke"> },
  { token, all, request }: { token: string; all: boolean; request: EventOrigin },
): Promise<void> {
  const parsed = parseToken("session", token);
  if (!parsed) return;
  const opened = all ? await sessions.open(parsed) : undefined;
  if (!opened) {
    const ended = await sessions.end(parsed);
    if (ended) request.usage?.of(ended);
    return;
  }
  request.usage?.of(opened);
  const subject = opened.account._id;
  const event = securityEvent("sessions_revoked", { request, subject });
  await sessions.revoke(subject, "all", event, request.usage);
}
