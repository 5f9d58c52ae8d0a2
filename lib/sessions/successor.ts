import { derivedSecret, makeToken, type Token, type TokenKind } from "../security/token.ts";
import { type SessionKinds, sessionKinds } from "./new-session.ts";

type Ids = Pick<Token, "accountId" | "id">;

const successor = (key: Buffer, kind: TokenKind, token: string, ids: Ids) =>
  makeToken(kind, ids, derivedSecret(key, `${kind} after ${token}`));

/**
 * The pair of tokens that follows a refresh token. It is derived, not drawn, so that the same refresh
 * token always leads to the same pair: a retry after a lost answer, or another tab, gets what the
 * first one got. Without the key nobody can go from one to the next.
 */
export const successorOf = (
  key: Buffer,
  refreshToken: string,
  ids: Ids,
  kinds: SessionKinds = sessionKinds.account,
) => ({
  session: successor(key, kinds.session, refreshToken, ids),
  refresh: successor(key, kinds.refresh, refreshToken, ids),
});

/** Generations that are looked through. Each takes about 0.1 ms; clients refresh once in hours. */
const furthest = 200;

/**
 * Whether a refresh token was once the session's: whether its line of successors leads to the one
 * in use, whose hash is `current`. A token that somebody made up leads nowhere, so nobody can end
 * another's session by guessing its id.
 */
export function isAncestor(
  key: Buffer,
  refreshToken: string,
  ids: Ids,
  current: string,
  { refresh }: Pick<SessionKinds, "refresh"> = sessionKinds.account,
): boolean {
  let token = refreshToken;
  for (let generation = 0; generation < furthest; generation += 1) {
    const next = successor(key, refresh, token, ids);
    if (next.hash === current) return true;
    token = next.text;
  }
  return false;
}
