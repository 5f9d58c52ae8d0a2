import { ObjectId } from "mongodb";
import type { StoredSession } from "../accounts/document.ts";
import { makeToken, type TokenKind } from "../security/token.ts";
import type { Settings } from "../settings/rules.ts";
import type { UsageCaller } from "../usage/request-usage.ts";
import type { SessionTokens } from "./rules.ts";

/** Whose a session is, and the kinds of its two tokens. */
export const sessionKinds = {
  account: { holder: "account", session: "session", refresh: "refresh" },
  staff: { holder: "staff", session: "staffSession", refresh: "staffRefresh" },
} as const satisfies Record<string, Record<"session" | "refresh", TokenKind> & { holder: string }>;
export type SessionKinds = (typeof sessionKinds)[keyof typeof sessionKinds];

/** The holder of a session as the caller that a usage event names. */
export const holderCaller = (
  { holder: whose }: SessionKinds,
  { holder, now }: { holder: { _id: ObjectId; username: string }; now: Date },
): UsageCaller => (whose === "staff" ? { staff: holder, now } : { account: holder, now });

interface SessionFacts {
  /** Of the account, or of the member of staff. */
  accountId: ObjectId;
  /** Those of accounts unless told. */
  kinds?: SessionKinds;
  /** The database's time, as it came with the account. */
  now: Date;
  request: { ip: string; userAgent: string | undefined };
  lifetimes: Pick<Settings["sessions"], "hours" | "refreshDays"> & { longestDays?: number };
}

const hour = 3_600_000;
const day = 24 * hour;

/** A new session: what is stored of it, and the two tokens, which are shown once and kept nowhere. */
export function newSession({
  accountId,
  kinds = sessionKinds.account,
  now,
  request,
  lifetimes,
}: SessionFacts): {
  stored: StoredSession;
  tokens: SessionTokens;
} {
  const id = new ObjectId();
  const ids = { accountId: accountId.toHexString(), id: id.toHexString() };
  const session = makeToken(kinds.session, ids);
  const refresh = makeToken(kinds.refresh, ids);
  const { hours, refreshDays, longestDays = refreshDays } = lifetimes;
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
