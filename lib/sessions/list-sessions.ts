import type { StoredSession } from "../accounts/document.ts";
import type { SessionList } from "./rules.ts";

interface Opened {
  account: { sessions: StoredSession[] };
  session: StoredSession;
  now: Date;
}

/** The sessions that can still be used or refreshed, the latest used first. */
export function listSessions({ account, session: current, now }: Opened): SessionList {
  const live = account.sessions.filter((session) => session.refresh.expiresAt > now);
  live.sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime());
  return {
    success: true,
    sessions: live.map((session) => ({
      id: session.id,
      current: session.id.equals(current.id),
      created_at: session.createdAt.toISOString(),
      last_used_at: session.lastUsedAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
      refresh_expires_at: session.refresh.expiresAt.toISOString(),
      ip_address: session.ip,
      user_agent: session.userAgent ?? null,
    })),
  };
}
