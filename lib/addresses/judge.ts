import { type AddressRange, addressDigits, covers } from "../keys/cidr.ts";
import type { actions, scopes } from "./rules.ts";

/** Of a rule, what an address is judged by. */
export interface AddressRule {
  action: (typeof actions)[number];
  range: AddressRange;
}

/** An address as its rules see it; undefined if it is none. An IPv6 zone (RFC 4007) is left out: it means something to one machine only. */
const digitsOf = (address: string): string | undefined =>
  addressDigits(address.split("%")[0] ?? "");

const words = ["allow", "deny", "allows others", "denies others"] as const;
type Word = (typeof words)[number];

/** What a rule has to say of an address. What is no address is covered by all that denies, and by nothing that allows. */
function wordOn({ action, range }: AddressRule, digits: string | undefined): Word {
  const covered = digits === undefined ? action === "deny" : covers(range, digits);
  return covered ? action : action === "allow" ? "allows others" : "denies others";
}

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
 * `after` and would not have been by `before`; undefined if there is none. An allow rule that ends
 * may leave others, so the time of each end counts.
 */
export function shutsOut(
  address: string,
  { before, after, now }: { before: readonly TimedRule[]; after: readonly TimedRule[]; now: Date },
): Date | undefined {
  const [was, is] = [before, after].map((rules) =>
    staffScopes.map((scope) => endsOf(rules, scope, digitsOf(address))),
  ) as [Ends[], Ends[]];
  const times = [...was, ...is].flatMap((ends) => Object.values(ends));
  const passes = (scopes: Ends[], time: number): boolean =>
    scopes.every((ends) => admits(words.filter((word) => ends[word] > time)));
  const from = [now.getTime(), ...times.filter((time) => time > now.getTime() && time < never)]
    .toSorted((one, other) => one - other)
    .find((time) => passes(was, time) && !passes(is, time));
  return from === undefined ? undefined : new Date(from);
}

/** What staff must get through. */
const staffScopes = ["service", "staff"] as const;

const never = Number.POSITIVE_INFINITY;

/** Until when a scope has a word on an address, in milliseconds: that of the last rule that says so. */
type Ends = Record<Word, number>;

function endsOf(
  rules: readonly TimedRule[],
  scope: TimedRule["scope"],
  digits: string | undefined,
): Ends {
  const ends = Object.fromEntries(words.map((word) => [word, 0])) as Ends;
  for (const rule of rules) {
    if (rule.scope !== scope || !rule.active) continue;
    const word = wordOn(rule, digits);
    ends[word] = Math.max(ends[word], rule.expiresAt?.getTime() ?? never);
  }
  return ends;
}
