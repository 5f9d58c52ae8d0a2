import type { AddressGuard } from "../addresses/guard.ts";
import { Failure } from "../errors.ts";
import type { EventStore } from "../security/event-store.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import { isOutdated, type PasswordHasher } from "../security/password.ts";
import type { ThrottleStore } from "../security/throttle/store.ts";
import { newSession } from "../sessions/new-session.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { Settings } from "../settings/rules.ts";
import { type LoginAttempts, loginAttempts } from "./attempts.ts";
import { failedLogin, refusedLogin, shutOut } from "./failed-login.ts";
import type { LoggedIn } from "./rules.ts";
import type { AccountStore, LoginAccount } from "./store.ts";

interface LoginDeps {
  accounts: Pick<AccountStore, "findByName" | "logIn">;
  throttle: ThrottleStore;
  events: EventStore;
  passwords: PasswordHasher;
  settings: SettingsReader;
  addresses: Pick<AddressGuard, "lets">;
}

interface LoginInput {
  /** An email address or a username, as it was typed. */
  typed: string;
  password: string;
  request: EventOrigin;
}

/**
 * Opens a session for who knows the password. An unknown name, a wrong password and an account that
 * is not active get one answer by one way: the same statements and exactly one hash.
 * @throws Failure INVALID_CREDENTIALS; LOGIN_LOCKED, ADDRESS_BLOCKED or TOO_MANY_ATTEMPTS, before
 * the password is looked at; TOO_MANY_ATTEMPTS also if the account was changed meanwhile;
 * ADDRESS_NOT_ALLOWED for who knows the password, at an address that the account's rules shut out
 */
export async function logIn(deps: LoginDeps, input: LoginInput): Promise<LoggedIn> {
  const { accounts, throttle, passwords, settings } = deps;
  const { typed, password, request } = input;
  const current = await settings.current();
  const attempts = loginAttempts(typed, request, current.login);
  const [identity, address, found] = await Promise.all([
    throttle.reserve(attempts.identity),
    throttle.reserve(attempts.address),
    accounts.findByName(typed),
  ]);
  const facts = { attempts, request, subject: found?.account._id };
  if (identity.admission !== "admitted" || address.admission !== "admitted") {
    throw await refusedLogin(deps, facts, { identity, address });
  }
  const fits = await passwords.verify(
    password,
    found?.account.passwordHash,
    current.passwords.argon2id,
  );
  if (!found) throw await failedLogin(deps, facts, "user_not_found");
  if (!fits) throw await failedLogin(deps, facts, "invalid_password");
  if (found.account.status !== "active") throw await failedLogin(deps, facts, "account_inactive");
  const account = found.account._id.toHexString();
  if (!(await deps.addresses.lets({ account }, request.ip))) throw await shutOut(deps, facts);
  const opened = await open(deps, { ...input, attempts, found, current });
  // The account was changed meanwhile, if only by another login that made a hash at today's cost.
  if (!opened) throw new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
  return opened;
}

interface Opening extends LoginInput {
  found: { account: LoginAccount; now: Date };
  attempts: LoginAttempts;
  current: Settings;
}

async function open(
  { accounts, passwords }: Pick<LoginDeps, "accounts" | "passwords">,
  { found: { account, now }, password, attempts, request, current }: Opening,
): Promise<LoggedIn | undefined> {
  const cost = current.passwords.argon2id;
  const newHash = isOutdated(account.passwordHash, cost)
    ? await passwords.hash(password, cost)
    : undefined;
  const lifetimes = current.sessions;
  const session = newSession({ accountId: account._id, now, request, lifetimes });
  const about = { request, subject: account._id };
  const details = { session_id: session.stored.id.toHexString() };
  const events = [securityEvent("login_successful", { ...about, details })];
  if (newHash !== undefined) events.push(securityEvent("password_hash_upgraded", about));
  const done = await accounts.logIn({
    account: account._id,
    passwordHash: account.passwordHash,
    newHash,
    session: session.stored,
    most: lifetimes.most,
    attempts,
    events,
  });
  if (!done) return undefined;
  return {
    success: true,
    message: "You are signed in.",
    user: {
      id: account._id,
      username: account.username,
      name: account.name,
      email: account.email,
      user_type: account.userType,
      subscription_plan: account.plan,
      is_verified: account.verified,
    },
    session: session.tokens,
  };
}
