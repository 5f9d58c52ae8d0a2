import { createHmac } from "node:crypto";
import { makeToken, type Token } from "../security/token.ts";

type Ids = Pick<Token, "accountId" | "id">;

/** Bytes of a token's secret. */
const secretBytes = 24;

const secret = (key: Buffer, kind: "session" | "refresh", token: string): Buffer =>
  createHmac("sha256", key).update(`${kind} after ${token}`).digest().subarray(0, secretBytes);

/**
 * The pair of tokens that follows a refresh token. It is derived, not drawn, so that the same refresh
 * token always leads to the same pair: a retry after a lost answer, or another tab, gets what the
 * first one got. Without the key nobody can go from one to the next.
 */
export const successorOf = (key: Buffer, refreshToken: string, ids: Ids) => ({
  session: makeToken("session", ids, secret(key, "session", refreshToken)),
  refresh: makeToken("refresh", ids, secret(key, "refresh", refreshToken)),
});

/** Generations that are looked through. Each takes about 0.1 ms; clients refresh once in hours. */
const furthest = 200;

/**
 * Whether a refresh token was once the session's: whether its line of successors leads to the one
 * in use, whose hash is `current`. A token that somebody made up leads nowhere, so nobody can end
 * another's session by guessing its id.
 */
export function isAncestor(key: Buffer, refreshToken: string, ids: Ids, current: string): boolean {
  let token = refreshToken;
  for (let generation = 0; generation < furthest; generation += 1) {
    const next = makeToken("refresh", ids, secret(key, "refresh", token));
    if (next.hash === current) return true;
    token = next.text;
  }
  return false;
}
