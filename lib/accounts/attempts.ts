import { hash } from "node:crypto";
import { networkOf } from "../security/network.ts";
import type { ProofAttempt } from "../security/proof.ts";
import type { Attempt } from "../security/throttle/store.ts";
import type { Settings } from "../settings/rules.ts";
import { usernameKey } from "./rules.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const lockRule = ({ failures, minutes }: Settings["login"]["identity"]) => ({
  limit: failures,
  window: minutes * minute,
  lock: minutes * minute,
});

/** Who signs in: names of users and of staff are counted apart, so that neither locks the other. */
export type LoginKind = "login" | "staff-login";

/** Names are kept as hashes: what people type into that field by mistake may be a password. */
const identityKey = (typed: string, kind: LoginKind = "login"): string =>
  `${kind}:${hash("sha256", usernameKey(typed))}`;

interface Asker {
  id: string;
  ip: string;
}

/** What a login counts against: the name as it was typed, known or not, and where it came from. */
export interface LoginAttempts {
  identity: Attempt;
  address: Attempt;
}

export const loginAttempts = (
  typed: string,
  { id, ip }: Asker,
  { identity, address }: Settings["login"],
  kind: LoginKind = "login",
): LoginAttempts => ({
  identity: { id, key: identityKey(typed, kind), rule: lockRule(identity) },
  address: { id, key: `login-from:${networkOf(ip)}`, rule: lockRule(address) },
});

/** A proof of the password by someone who is signed in: as many may fail as logins of one name. */
export const proofAttempt = (
  { id }: Pick<Asker, "id">,
  { identity }: Settings["login"],
): ProofAttempt => ({ id, rule: lockRule(identity) });

/** What a registration counts against: either as an account that was made, or as one that was refused. */
export interface RegistrationAttempts {
  accepted: Attempt;
  refused: Attempt;
}

export const registrationAttempts = (
  { id, ip }: Asker,
  { acceptedPerDay, refusedPerHour }: Settings["registration"],
): RegistrationAttempts => {
  const network = networkOf(ip);
  return {
    accepted: { id, key: `registered:${network}`, rule: { limit: acceptedPerDay, window: day } },
    refused: { id, key: `refused:${network}`, rule: { limit: refusedPerHour, window: hour } },
  };
};

/**
 * What asking for a link by mail counts against, whether an account has the address or not: as many
 * an hour as registrations may be refused.
 */
export const linkAttempt = (
  { id, ip }: Asker,
  { refusedPerHour }: Settings["registration"],
): Attempt => ({
  id,
  key: `link-from:${networkOf(ip)}`,
  rule: { limit: refusedPerHour, window: hour },
});

interface Lockable {
  username: string;
  email: string;
}

/** Every key under which an account's logins may be locked: its two names. */
export const lockKeys = ({ username, email }: Lockable): string[] => [
  identityKey(username),
  identityKey(email),
];

/** Every key under which the logins of a member of staff may be locked. */
export const staffLockKeys = ({ username }: Pick<Lockable, "username">): string[] => [
  identityKey(username, "staff-login"),
];
