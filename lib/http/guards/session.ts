import { Failure } from "../../errors.ts";
import { parseToken } from "../../security/token.ts";
import type { SessionStore } from "../../sessions/store.ts";
import { bearerToken } from "../bearer.ts";
import { guarding } from "./guard.ts";

interface SessionOptions {
  /** Lets in who has signed in with a password that staff has set, and must choose another. */
  temporaryPassword?: boolean;
}

/**
 * Makes the guard of endpoints for people who have signed in. `run` gets the `account`, the
 * `session` that was used, and `now`, the database's time at which it was looked up.
 * One round trip. Fails with AUTHENTICATION_REQUIRED without a token, and with SESSION_INVALID for
 * any that opens nothing: it does not say whether it was mistyped, unknown, expired or revoked.
 * Fails with PASSWORD_CHANGE_REQUIRED while the password is one that staff has set.
 */
export const sessionGuard =
  (sessions: Pick<SessionStore, "open">) =>
  ({ temporaryPassword = false }: SessionOptions = {}) =>
    guarding(
      {
        security: ["session"],
        fails: [
          "AUTHENTICATION_REQUIRED",
          "SESSION_INVALID",
          ...(temporaryPassword ? [] : (["PASSWORD_CHANGE_REQUIRED"] as const)),
          "DATABASE_UNAVAILABLE",
        ],
      },
      async (_request, event) => {
        const token = parseToken("session", bearerToken(event));
        const opened = token && (await sessions.open(token));
        if (!opened) throw new Failure("SESSION_INVALID");
        if (opened.account.passwordIsTemporary && !temporaryPassword) {
          throw new Failure("PASSWORD_CHANGE_REQUIRED");
        }
        return opened;
      },
    );
