import { proofAttempt } from "../../accounts/attempts.ts";
import type { AddressGuard } from "../../addresses/guard.ts";
import { Failure } from "../../errors.ts";
import type { Proof } from "../../security/proof.ts";
import { parseToken } from "../../security/token.ts";
import type { SessionStore } from "../../sessions/store.ts";
import type { SettingsReader } from "../../settings/reader.ts";
import { bearerToken } from "../bearer.ts";
import { type Guard, guarding } from "./guard.ts";

interface SessionGuardDeps {
  sessions: Pick<SessionStore, "open">;
  settings: SettingsReader;
  addresses: Pick<AddressGuard, "require">;
}

interface SessionOptions {
  /** Lets in who has signed in with a password that staff has set, and must choose another. */
  temporaryPassword?: boolean;
  /** Takes a place for one proof of the password, which `run` gets as `proof`. */
  proves?: boolean;
}

type Opened = NonNullable<Awaited<ReturnType<SessionStore["open"]>>>;

interface SessionGuard {
  (options: SessionOptions & { proves: true }): Guard<Opened & { proof: Proof }>;
  (options?: SessionOptions): Guard<Opened>;
}

/**
 * Makes the guard of endpoints for people who have signed in. `run` gets the `account`, the
 * `session` that was used, and `now`, the database's time at which it was looked up.
 * One round trip, in which also the place for a proof of the password is taken.
 * Fails with AUTHENTICATION_REQUIRED without a token, and with SESSION_INVALID for any that opens
 * nothing: it does not say whether it was mistyped, unknown, expired or revoked. Only who has a good
 * one learns that the account's address rules shut the address out (ADDRESS_NOT_ALLOWED), or that the
 * password is one that staff has set (PASSWORD_CHANGE_REQUIRED).
 */
export function sessionGuard({ sessions, settings, addresses }: SessionGuardDeps): SessionGuard {
  const guard = ({ temporaryPassword = false, proves = false }: SessionOptions = {}) =>
    guarding(
      {
        security: ["session"],
        fails: [
          "AUTHENTICATION_REQUIRED",
          "SESSION_INVALID",
          "ADDRESS_NOT_ALLOWED",
          ...(temporaryPassword ? [] : (["PASSWORD_CHANGE_REQUIRED"] as const)),
          "DATABASE_UNAVAILABLE",
        ],
      },
      async (request, event, context) => {
        const token = parseToken("session", bearerToken(event));
        const attempt =
          token && proves ? proofAttempt(request, (await settings.current()).login) : undefined;
        const opened = token && (await sessions.open(token, attempt));
        context.proof = opened?.proof;
        if (!opened) throw new Failure("SESSION_INVALID");
        // Also one who is kept out is known, and leaves an event.
        request.usage.of(opened);
        await addresses.require({ account: token.accountId }, request.ip);
        if (opened.account.passwordIsTemporary && !temporaryPassword) {
          throw new Failure("PASSWORD_CHANGE_REQUIRED");
        }
        return opened;
      },
    );
  // With `proves` there was an attempt, and so there is a proof.
  return guard as SessionGuard;
}
