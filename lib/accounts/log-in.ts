import { Failure } from "../errors.ts";
import type { EventStore } from "../security/event-store.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import { isOutdated, type PasswordHasher } from "../security/password.ts";
import type { ThrottleStore, Verdict } from "../security/throttle/store.ts";
import { newSession } from "../sessions/new-session.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { Settings } from "../settings/rules.ts";
import { loginAttempts } from "./attempts.ts";
import type { LoggedIn } from "./rules.ts";
import type { AccountStore, LoginAccount } from "./store.ts";

interface LoginDeps {
  accounts: Pick<AccountStore, "findByName" | "logIn">;
  throttle: ThrottleStore;
  events: EventStore;
  passwords: PasswordHasher;
  settings: SettingsReader;
}

interface LoginInput {
  /** An email address or a username, as it was typed. */
  typed: string;
  password: string;
  request: EventOrigin;
}

type Attempts = ReturnType<typeof loginAttempts>;
type Found = { account: LoginAccount; now: Date };

/**
 * Opens a session for who knows the password. An unknown name, a wrong password and an account that
 * is not active get one answer by one way: the same statements and exactly one hash.
 * @throws Failure INVALID_CREDENTIALS; LOGIN_LOCKED, ADDRESS_BLOCKED or TOO_MANY_ATTEMPTS, before the password is looked at
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
  if (identity.admission !== "admitted" || address.admission !== "admitted") {
    throw await refused(deps, { attempts, identity, address, request, found });
  }
  const fits = await passwords.verify(
    password,
    found?.account.passwordHash,
    current.passwords.argon2id,
  );
  if (!found || !fits || found.account.status !== "active") {
    throw await failed(deps, { attempts, found, fits, request, limits: current.login });
  }
  const opened = await open(deps, { ...input, attempts, found, current });
  if (!opened) throw new Failure("INVALID_CREDENTIALS");
  return opened;
}

/** Why an attempt is not made. It says nothing of the account: unknown names are locked as known ones are. */
async function refused(
  { throttle, events }: Pick<LoginDeps, "throttle" | "events">,
  {
    attempts,
    identity,
    address,
    request,
    found,
  }: {
    attempts: Attempts;
    identity: Verdict;
    address: Verdict;
    request: EventOrigin;
    found: Found | undefined;
  },
): Promise<Failure> {
  if (identity.admission === "admitted") await throttle.takeBack([attempts.identity]);
  if (address.admission === "admitted") await throttle.takeBack([attempts.address]);
  const subject = found && { subject: found.account._id };
  if (identity.admission === "blocked") {
    const details = { reason: "account_locked", locked_until: identity.until.toISOString() };
    await events.record(securityEvent("login_failed", { request, ...subject, details }));
    return new Failure("LOGIN_LOCKED", { retryAfter: secondsUntilFree(identity) });
  }
  if (address.admission === "blocked") {
    const details = { blocked_until: address.until.toISOString() };
    await events.record(securityEvent("rate_limit_exceeded", { request, details }));
    return new Failure("ADDRESS_BLOCKED", { retryAfter: secondsUntilFree(address) });
  }
  return new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
}

const secondsUntilFree = ({ until, now }: Verdict): number =>
  Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1_000));

async function failed(
  { throttle, events }: Pick<LoginDeps, "throttle" | "events">,
  {
    attempts,
    found,
    fits,
    request,
    limits,
  }: {
    attempts: Attempts;
    found: Found | undefined;
    fits: boolean;
    request: EventOrigin;
    limits: Settings["login"];
  },
): Promise<Failure> {
  const [byName, byAddress] = await Promise.all([
    throttle.count(attempts.identity),
    throttle.count(attempts.address),
  ]);
  const knownReason = fits ? "account_inactive" : "invalid_password";
  const details = {
    reason: found ? knownReason : "user_not_found",
    failed_attempts: byName.counted,
    ...(byName.counted >= limits.identity.failures && { locked_until: byName.until.toISOString() }),
  };
  const recorded = [
    securityEvent("login_failed", {
      request,
      ...(found && { subject: found.account._id }),
      details,
    }),
  ];
  if (byAddress.counted === limits.address.failures) {
    const blocked = {
      failed_attempts: byAddress.counted,
      blocked_until: byAddress.until.toISOString(),
    };
    recorded.push(securityEvent("ip_temporarily_blocked", { request, details: blocked }));
  }
  await events.record(...recorded);
  return new Failure("INVALID_CREDENTIALS");
}

async function open(
  { accounts, passwords }: Pick<LoginDeps, "accounts" | "passwords">,
  {
    found: { account, now },
    password,
    attempts,
    request,
    current,
  }: LoginInput & { attempts: Attempts; found: Found; current: Settings },
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
      id: account._id.toHexString(),
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
