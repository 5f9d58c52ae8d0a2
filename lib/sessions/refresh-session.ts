import type { AddressGuard } from "../addresses/guard.ts";
import { Failure } from "../errors.ts";
import type { DerivedKeys } from "../security/derived-key.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import { parseToken } from "../security/token.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { Settings } from "../settings/rules.ts";
import { holderCaller, type SessionKinds, sessionKinds } from "./new-session.ts";
import type { Refreshed } from "./rules.ts";
import type { SessionStore } from "./store.ts";
import { isAncestor, successorOf } from "./successor.ts";

interface RefreshDeps {
  sessions: Pick<SessionStore, "rotate" | "revoke" | "refreshable">;
  secretKeys: DerivedKeys;
  settings: SettingsReader;
  addresses: Pick<AddressGuard, "lets">;
}

interface RefreshInput {
  refreshToken: string;
  request: EventOrigin;
  /** Whose sessions are refreshed: those of accounts unless told. */
  kinds?: SessionKinds;
}

/**
 * Exchanges a refresh token for the next pair; the pair before it opens nothing any more. The same
 * token again within 10 s gets the same pair. Later it means that somebody has a copy (RFC 9700,
 * section 4.14.2), and ends the session for both.
 * @throws Failure SESSION_INVALID for any token that gets no pair, or ADDRESS_NOT_ALLOWED for a good
 * one at an address that the rules for the account, or for staff, shut out
 */
export async function refreshSession(
  { sessions, secretKeys, settings, addresses }: RefreshDeps,
  { refreshToken, request, kinds = sessionKinds.account }: RefreshInput,
): Promise<Refreshed> {
  const token = parseToken(kinds.refresh, refreshToken);
  if (!token) throw new Failure("SESSION_INVALID");
  const scope = kinds.holder === "staff" ? "staff" : { account: token.accountId };
  const [key, current, letIn] = await Promise.all([
    secretKeys("refresh-successor"),
    settings.current(),
    addresses.lets(scope, request.ip),
  ]);
  if (!letIn) {
    // The session stays as it is, for an address that is allowed.
    const known = await sessions.refreshable(token);
    if (!known) throw new Failure("SESSION_INVALID");
    request.usage?.of(holderCaller(kinds, known));
    throw new Failure("ADDRESS_NOT_ALLOWED");
  }
  const successor = successorOf(key, refreshToken, token, kinds);
  const hashes = { session: successor.session.hash, refresh: successor.refresh.hash };
  const rotated = await sessions.rotate(token, hashes, lifetimesOf(kinds, current));
  if (!rotated) throw new Failure("SESSION_INVALID");

  const { holder, session, now } = rotated;
  const { refresh, expiresAt } = session;
  const caller = holderCaller(kinds, { holder, now: now ?? session.lastUsedAt });
  const isNext = refresh.hash === successor.refresh.hash;
  if (isNext && isRepeatable(refresh.previous?.until, now)) {
    request.usage?.of(caller);
    return {
      success: true,
      session: {
        session_token: successor.session.text,
        refresh_token: successor.refresh.text,
        expires_at: expiresAt.toISOString(),
        refresh_expires_at: refresh.expiresAt.toISOString(),
      },
    };
  }
  if (isNext || isAncestor(key, successor.refresh.text, token, refresh.hash, kinds)) {
    // The token was the holder's own once.
    request.usage?.of(caller);
    const event = securityEvent("refresh_token_reused", {
      request,
      subject: holder._id,
      actor: { kind: "service" },
      details: { session_id: token.id },
    });
    await sessions.revoke(holder._id, session.id, event);
  }
  throw new Failure("SESSION_INVALID");
}

/** A session of staff ends when its login said, however often it is refreshed. */
const lifetimesOf = ({ holder }: SessionKinds, { sessions, staff }: Settings) =>
  holder === "staff" ? { hours: staff.sessionHours } : sessions;

const isRepeatable = (until: Date | undefined, now: Date | undefined): boolean =>
  until !== undefined && (now === undefined || now < until);
