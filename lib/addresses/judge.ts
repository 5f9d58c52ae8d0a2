import { type AddressRange, addressDigits } from "../keys/cidr.ts";
import type { actions, scopes } from "./rules.ts";

/** Of a rule, what an address is judged by. */
export interface AddressRule {
  action: (typeof actions)[number];
  range: AddressRange;
}

/** An IPv4 address as 32 hexadecimal digits begins so. */
const ipv4 = "00000000000000000000ffff";

/** An address as its rules see it; undefined if it is none. An IPv6 zone (RFC 4007) is left out: it means something to one machine only. */
const digitsOf = (address: string): string | undefined =>
  addressDigits(address.split("%")[0] ?? "");

/** `::/0` is all of IPv6: a range that is wider than IPv4's place in IPv6 does not reach into it. */
const covers = ({ from, to }: AddressRange, digits: string): boolean =>
  from <= digits && digits <= to && (from.startsWith(ipv4) || !digits.startsWith(ipv4));

/** What a rule has to say of an address. What is no address is covered by all that denies, and by nothing that allows. */
function wordOn({ action, range }: AddressRule, digits: string | undefined): Word {
  const covered = digits === undefined ? action === "deny" : covers(range, digits);
  return covered ? action : action === "allow" ? "allows others" : "denies others";
}
type Word = "allow" | "deny" | "allows others" | "denies others";

/** A deny rule always counts; where there is an allow rule, only what one covers comes in. */
const admits = (words: readonly Word[]): boolean =>
  !words.includes("deny") && (words.includes("allow") || !words.includes("allows others"));

/**
 * Whether the live rules of one scope let an address in: without rules everybody, else as `admits`
 * says. The order of rules and the width of ranges mean nothing.
 */
export function lets(rules: readonly AddressRule[], address: string): boolean {
  if (rules.length === 0) return true;
  const digits = digitsOf(address);
  return admits(rules.map((rule) => wordOn(rule, digits)));
}

/** Of a rule, what says when it holds and for whom. */
export interface TimedRule extends AddressRule {
  scope: (typeof scopes)[number];
  active: boolean;
  expiresAt?: Date | undefined;
}

/** Whether a rule counts at a time. It ends at its expiry, not after it. */
export const isLive = ({ active, expiresAt }: Pick<TimedRule, "active" | "expiresAt">, at: Date) =>
  active && (expiresAt === undefined || expiresAt > at);

/**
 * The first time, from `now` on, at which a member of staff at an address would be shut out by
 * `after` and would not have been by `before`; undefined if there is none. Times count at which a
 * rule ends: an allow rule that does leaves the others.
 */
export function shutsOut(
  address: string,
  { before, after, now }: { before: readonly TimedRule[]; after: readonly TimedRule[]; now: Date },
): Date | undefined {
  const ends = after.flatMap(({ expiresAt }) =>
    expiresAt !== undefined && expiresAt > now ? [expiresAt] : [],
  );
  const times = [now, ...ends.toSorted((one, other) => one.getTime() - other.getTime())];
  const [passed, passes] = [before, after].map((rules) => staffPass(address, rules));
  return times.find((time) => passes?.(time) === false && passed?.(time) === true);
}

/** Whether a member of staff at an address gets through, by the time. */
function staffPass(address: string, rules: readonly TimedRule[]): (time: Date) => boolean {
  const digits = digitsOf(address);
  const scoped = (["service", "staff"] as const).map((scope) =>
    rules
      .filter((rule) => rule.scope === scope)
      .map((rule) => ({ rule, word: wordOn(rule, digits) })),
  );
  return (time) =>
    scoped.every((judged) =>
      admits(judged.filter(({ rule }) => isLive(rule, time)).map(({ word }) => word)),
    );
}
