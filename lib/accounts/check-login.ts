import type { ObjectId } from "mongodb";
import type { EventOrigin } from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { Settings } from "../settings/rules.ts";
import { loginAttempts } from "./attempts.ts";
import { type FailureDeps, failedLogin, type LoginFacts, refusedLogin } from "./failed-login.ts";

export interface CheckDeps extends FailureDeps {
  passwords: PasswordHasher;
  settings: SettingsReader;
}

/** Somebody who may sign in. */
interface Holder {
  _id: ObjectId;
  /** PHC string. */
  passwordHash: string;
  status: string;
}

interface CheckInput<Found> {
  who: LoginFacts["who"];
  /** The name, as it was typed. */
  typed: string;
  password: string;
  request: EventOrigin;
  /** Whoever has the name, and the database's time. */
  find(typed: string): Promise<{ holder: Found; now: Date } | undefined>;
}

export interface CheckedLogin<Found> {
  holder: Found;
  now: Date;
  /** For what may still make it fail. */
  facts: LoginFacts;
  settings: Settings;
}

/**
 * Finds who has a name, if the password is theirs. An unknown name, a wrong password and somebody
 * who is not active get one answer by one way: the same statements and exactly one hash.
 * @throws Failure INVALID_CREDENTIALS; LOGIN_LOCKED, ADDRESS_BLOCKED or TOO_MANY_ATTEMPTS, before
 * the password is looked at
 */
export async function checkLogin<Found extends Holder>(
  deps: CheckDeps,
  { who, typed, password, request, find }: CheckInput<Found>,
): Promise<CheckedLogin<Found>> {
  const { throttle, passwords } = deps;
  const settings = await deps.settings.current();
  const kind = who === "account" ? "login" : "staff-login";
  const attempts = loginAttempts(typed, request, settings.login, kind);
  // The reply to the read is looked at while the places are taken.
  const [found, refusals] = await Promise.all([
    find(typed),
    throttle.reserve(attempts.identity, attempts.address),
  ]);
  if (refusals.length > 0) throw refusedLogin(attempts, refusals);
  const facts = { who, attempts, request, subject: found?.holder._id };
  const cost = settings.passwords.argon2id;
  const fits = await passwords.verify(password, found?.holder.passwordHash, cost);
  if (!found) throw await failedLogin(deps, facts, "unknown");
  if (!fits) throw await failedLogin(deps, facts, "invalid_password");
  if (found.holder.status !== "active") throw await failedLogin(deps, facts, "inactive");
  return { ...found, facts, settings };
}
