import { ObjectId } from "mongodb";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import { parseToken, type Token } from "../security/token.ts";
import type { UsageCaller } from "../usage/request-usage.ts";
import { holderCaller, type SessionKinds, sessionKinds } from "./new-session.ts";
import type { SessionStore } from "./store.ts";

interface EndDeps {
  sessions: Pick<SessionStore, "end" | "revoke"> & {
    open(token: Token): Promise<UsageCaller | undefined>;
  };
}

interface EndInput {
  token: string;
  all: boolean;
  request: EventOrigin;
  /** Whose sessions are ended: those of accounts unless told. */
  kinds?: SessionKinds;
}

/**
 * Signs out: ends the session of a token, or all of its holder if the session is a live one. Any
 * other token is none of ours or ended already, which is what was wanted.
 */
export async function endSession(
  { sessions }: EndDeps,
  { token, all, request, kinds = sessionKinds.account }: EndInput,
): Promise<void> {
  const parsed = parseToken(kinds.session, token);
  if (!parsed) return;
  const opened = all ? await sessions.open(parsed) : undefined;
  if (!opened) {
    const ended = await sessions.end(parsed);
    if (ended) request.usage?.of(holderCaller(kinds, ended));
    return;
  }
  request.usage?.of(opened);
  const subject = new ObjectId(parsed.accountId);
  const actor = { kind: kinds.holder, id: subject };
  const event = securityEvent("sessions_revoked", { request, subject, actor });
  await sessions.revoke(subject, "all", event, request.usage);
}
