import type { StoredSession } from "../accounts/document.ts";
import type { SessionList } from "./rules.ts";

interface Opened {
  account: { sessions: StoredSession[] };
  session: StoredSession;
  now: Date;
}

/** The sessions that can still be used or refreshed, the latest used first. */
export const liveSessions = (sessions: readonly StoredSession[], now: Date) =>
  sessions
    .filter(({ refresh }) => refresh.expiresAt > now)
    .sort((a, b) => b.lastUsedAt.getTime() - a.lastUsedAt.getTime())
    .map((session) => ({
      id: session.id,
      created_at: session.createdAt.toISOString(),
      last_used_at: session.lastUsedAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
      refresh_expires_at: session.refresh.expiresAt.toISOString(),
      ip_address: session.ip,
      user_agent: session.userAgent ?? null,
    }));

/** The live sessions of an account, for one of them. */
export const listSessions = ({ account, session: own, now }: Opened): SessionList => ({
  success: true,
  sessions: liveSessions(account.sessions, now).map((session) => ({
    ...session,
    current: session.id.equals(own.id),
  })),
});
