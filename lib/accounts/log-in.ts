import type { AddressGuard } from "../addresses/guard.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import { isOutdated } from "../security/password.ts";
import { newSession } from "../sessions/new-session.ts";
import { type CheckDeps, type CheckedLogin, checkLogin } from "./check-login.ts";
import { shutOut } from "./failed-login.ts";
import type { LoggedIn } from "./rules.ts";
import type { AccountStore, LoginAccount } from "./store.ts";

interface LoginDeps extends CheckDeps {
  accounts: Pick<AccountStore, "findByName" | "logIn">;
  addresses: Pick<AddressGuard, "lets">;
}

interface LoginInput {
  /** An email address or a username, as it was typed. */
  typed: string;
  password: string;
  request: EventOrigin;
}

/**
 * Opens a session for who knows the password.
 * @throws Failure as `checkLogin`; TOO_MANY_ATTEMPTS also if the account was changed meanwhile;
 * ADDRESS_NOT_ALLOWED for who knows the password, at an address that the account's rules shut out
 */
export async function logIn(deps: LoginDeps, input: LoginInput): Promise<LoggedIn> {
  const find = async (typed: string) => {
    const found = await deps.accounts.findByName(typed);
    return found && { holder: found.account, now: found.now };
  };
  const checked = await checkLogin(deps, { ...input, who: "account", find });
  // Only who knows the password is known: a name alone can be typed by anybody.
  input.request.usage?.of({ account: checked.holder, now: checked.now });
  const account = checked.holder._id.toHexString();
  if (!(await deps.addresses.lets({ account }, input.request.ip))) {
    throw await shutOut(deps, checked.facts);
  }
  const opened = await open(deps, input, checked);
  // The account was changed meanwhile, if only by another login that made a hash at today's cost.
  if (!opened) throw new Failure("TOO_MANY_ATTEMPTS", { retryAfter: 1 });
  return opened;
}

async function open(
  { accounts, passwords }: Pick<LoginDeps, "accounts" | "passwords">,
  { password, request }: LoginInput,
  { holder: account, now, facts, settings }: CheckedLogin<LoginAccount>,
): Promise<LoggedIn | undefined> {
  const cost = settings.passwords.argon2id;
  const newHash = isOutdated(account.passwordHash, cost)
    ? await passwords.hash(password, cost)
    : undefined;
  const lifetimes = settings.sessions;
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
    attempts: facts.attempts,
    events,
    usage: request.usage,
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
      password_change_required: account.passwordIsTemporary === true,
    },
    session: session.tokens,
  };
}
