import { ObjectId } from "mongodb";
import type { StoredSession } from "../accounts/document.ts";
import { makeToken } from "../security/token.ts";
import type { Settings } from "../settings/rules.ts";
import type { SessionTokens } from "./rules.ts";

interface SessionFacts {
  accountId: ObjectId;
  /** The database's time, as it came with the account. */
  now: Date;
  request: { ip: string; userAgent: string | undefined };
  lifetimes: Pick<Settings["sessions"], "hours" | "refreshDays" | "longestDays">;
}

const hour = 3_600_000;
const day = 24 * hour;

/** A new session: what is stored of it, and the two tokens, which are shown once and kept nowhere. */
export function newSession({ accountId, now, request, lifetimes }: SessionFacts): {
  stored: StoredSession;
  tokens: SessionTokens;
} {
  const id = new ObjectId();
  const ids = { accountId: accountId.toHexString(), id: id.toHexString() };
  const session = makeToken("session", ids);
  const refresh = makeToken("refresh", ids);
  const { hours, refreshDays, longestDays } = lifetimes;
  const within = (milliseconds: number) =>
    new Date(now.getTime() + Math.min(milliseconds, longestDays * day));
  const expiresAt = within(hours * hour);
  const refreshExpiresAt = within(refreshDays * day);
  return {
    stored: {
      id,
      hash: session.hash,
      expiresAt,
      refresh: { hash: refresh.hash, expiresAt: refreshExpiresAt },
      createdAt: now,
      lastUsedAt: now,
      ip: request.ip,
      ...(request.userAgent !== undefined && { userAgent: request.userAgent }),
    },
    tokens: {
      session_token: session.text,
      refresh_token: refresh.text,
      expires_at: expiresAt.toISOString(),
      refresh_expires_at: refreshExpiresAt.toISOString(),
    },
  };
}
