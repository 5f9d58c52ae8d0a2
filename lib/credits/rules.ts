import { covers } from "../keys/cidr.ts";
import type { GateAccount } from "./gate-account.ts";

/** Kinds of requests that have a rate of their own. */
export type RateClass = "other" | "chat" | "batch";

/** A figure that is counted by UTC day: what was used counts only while `day` is today. */
interface Daily {
  /** `YYYY-MM-DD` */
  day: string;
  perDay: number;
  used: number;
}

/** The UTC day of a time, as `YYYY-MM-DD`. */
export const utcDay = (time: Date): string => time.toISOString().slice(0, 10);

/** What is left of a daily figure on `day`, never below 0. Renewal is a fact about the date, so nothing runs at midnight. */
export const leftOn = (day: string, daily: Daily): number =>
  daily.day === day ? Math.max(0, daily.perDay - daily.used) : daily.perDay;

/** Requests a minute of one class, and how many may come at once. */
interface PlanRate {
  perMinute: number;
  burst?: number | undefined;
}

/** What a plan says of one class of requests. */
export interface PlanLimits {
  rate: PlanRate;
  openAtOnce: number;
}

/** A request as the gate judges it. */
export interface GateRequest {
  id: string;
  /** 24 hexadecimal digits. */
  keyId: string;
  /** Of the key's secret. */
  hash: string;
  scope: GateAccount["keys"][number]["scopes"][number] | null;
  rateClass: RateClass;
  /** Where it comes from, as 32 hexadecimal digits; empty if that is no IP address. */
  address: string;
  /** Whether the address rules of the account shut this address out. */
  shutOut: boolean;
  /** Undefined: only key, account and rate are looked at, and only the rate's slot is taken. */
  price:
    | { credits: number; conversations: number; level: number; rType: string | null }
    | undefined;
  /** Hashes of the caller's Idempotency-Key and of the body. */
  idempotency: { key: string; body: string } | undefined;
  verificationRequired: boolean;
  plans: Readonly<Record<string, PlanLimits>>;
}

/** Why a request is refused; `admitted` if it is not. */
export type Verdict =
  | "admitted"
  | "key"
  | "scope"
  | "address"
  | "suspended"
  | "unverified"
  | "plan"
  | "level"
  | "r-type"
  | "rate"
  | "in-progress"
  | "other-body"
  | "conversations"
  | "credits"
  | "cap"
  | "open";

type JudgedAccount = Pick<
  GateAccount,
  | "keys"
  | "status"
  | "verified"
  | "plan"
  | "level"
  | "rTypes"
  | "rate"
  | "override"
  | "allowance"
  | "conversations"
  | "balance"
  | "holds"
>;

/** The limits that hold for an account: its own, or its plan's. Undefined if its plan is unknown. */
export function limitsFor(
  account: Pick<GateAccount, "plan" | "override">,
  { plans, rateClass }: Pick<GateRequest, "plans" | "rateClass">,
): { perMinute: number; burst: number; gap: number; openAtOnce: number } | undefined {
  const plan = Object.hasOwn(plans, account.plan) ? plans[account.plan] : undefined;
  if (!plan) return undefined;
  const { perMinute, burst } = account.override?.rate?.[rateClass] ?? plan.rate;
  return {
    perMinute,
    burst: burst ?? Math.ceil(perMinute / 2),
    // Whole milliseconds, so that a date plus a gap is the same on every server.
    gap: Math.ceil(60_000 / perMinute),
    openAtOnce: account.override?.openAtOnce ?? plan.openAtOnce,
  };
}

/** Milliseconds by which an account is ahead of its rate. */
export const aheadBy = (
  { rate }: Pick<GateAccount, "rate">,
  rateClass: RateClass,
  now: Date,
): number => Math.max(0, (rate[rateClass]?.getTime() ?? 0) - now.getTime());

/** The key that a request came with, if its secret still opens it. */
export const liveKey = (
  { keys }: Pick<GateAccount, "keys">,
  { keyId, hash }: Pick<GateRequest, "keyId" | "hash">,
  now: Date,
): GateAccount["keys"][number] | undefined =>
  keys.find(
    ({ id, secrets, expiresAt }) =>
      id.toHexString() === keyId &&
      (expiresAt === undefined || expiresAt > now) &&
      secrets.some((one) => one.hash === hash && (one.until === undefined || one.until > now)),
  );

/** Credits that may still be spent with a key; without a cap as many as there are. */
export const keyLeft = ({ cap }: GateAccount["keys"][number]): number =>
  cap ? Math.max(0, cap.limit - cap.used) : Number.MAX_SAFE_INTEGER;

/**
 * Whether a request is admitted at `now`, and if not why: the first reason in this order counts.
 * The gate's statement (gate-statement.ts) is the same decision inside the database.
 */
export function judge(account: JudgedAccount, request: GateRequest, now: Date): Verdict {
  return judgeCaller(account, request, now) ?? judgePrice(account, request, now) ?? "admitted";
}

/** Who asks, from where, what it may ask for at all, and how often. */
function judgeCaller(account: JudgedAccount, request: GateRequest, now: Date): Verdict | undefined {
  const { scope, address, price, rateClass } = request;
  const key = liveKey(account, request, now);
  if (!key) return "key";
  if (scope !== null && !key.scopes.includes(scope)) return "scope";
  if (request.shutOut) return "address";
  if (key.allow && !key.allow.some((range) => covers(range, address))) return "address";
  if (account.status !== "active") return "suspended";
  if (request.verificationRequired && !account.verified) return "unverified";
  const limits = limitsFor(account, request);
  if (!limits) return "plan";
  if (price && price.level > account.level) return "level";
  if (price && price.rType !== null && !account.rTypes.includes(price.rType)) return "r-type";
  const most = limits.gap * (limits.burst - 1);
  return aheadBy(account, rateClass, now) > most ? "rate" : undefined;
}

/** What it costs, and what is open already. */
function judgePrice(account: JudgedAccount, request: GateRequest, now: Date): Verdict | undefined {
  const { price, idempotency } = request;
  if (!price) return undefined;
  const same = account.holds.find((hold) => hold.idempotency?.key === idempotency?.key);
  if (idempotency && same) {
    return same.idempotency?.body === idempotency.body ? "in-progress" : "other-body";
  }
  const day = utcDay(now);
  if (leftOn(day, account.conversations) < price.conversations) return "conversations";
  if (leftOn(day, account.allowance) + account.balance < price.credits) return "credits";
  const key = liveKey(account, request, now);
  if (key && keyLeft(key) < price.credits) return "cap";
  const limits = limitsFor(account, request);
  return limits && account.holds.length >= limits.openAtOnce ? "open" : undefined;
}
