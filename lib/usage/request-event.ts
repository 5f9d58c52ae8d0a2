import type { GateAccount, StoredHold } from "../credits/gate-account.ts";
import type { Admission, MeteredRequest, Outcome } from "../credits/metering.ts";
import type { MeteredFacts } from "./event.ts";

type Known<Fields> = { [Name in keyof Fields]: NonNullable<Fields[Name]> };

/** The fields that have a value: a stored `undefined` would be a null. */
const known = <Fields extends object>(fields: Fields): Partial<Known<Fields>> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<Known<Fields>>;

/** Who asked for what, and when. */
export interface EventSubject {
  request: MeteredRequest;
  account: Pick<GateAccount, "_id" | "username">;
  key: GateAccount["keys"][number];
  /** The database's time. */
  now: Date;
}

const nothing = { credits: { allowance: 0, balance: 0 }, conversations: 0 };

const subject = ({ request, account, key, now }: EventSubject) => ({
  _id: request.id,
  ...known({ clientRequestId: request.clientRequestId, userAgent: request.userAgent }),
  account: account._id,
  username: account.username,
  key: key.id,
  keyMasked: key.masked,
  endpoint: request.route,
  method: request.method,
  ip: request.ip,
  at: now,
});

/** What is charged of a hold: never more than it has, and of the allowance first. */
function captured(
  hold: StoredHold | undefined,
  { kind, credits, conversations }: Pick<Outcome, "kind" | "credits" | "conversations">,
): Pick<MeteredFacts, "credits" | "conversations"> {
  if (!hold || kind === "failed") return nothing;
  const allowance = Math.min(credits, hold.credits.allowance);
  const balance = Math.min(credits - allowance, hold.credits.balance);
  return {
    credits: { allowance, balance },
    conversations: Math.min(conversations, hold.conversations),
  };
}

/** The event of an admitted request that has ended. */
export const settledEvent = (admission: Admission, outcome: Outcome): MeteredFacts => ({
  ...subject(admission),
  outcome: outcome.kind,
  status: outcome.status,
  ...known({
    code: outcome.code,
    fingerprint: outcome.fingerprint,
    model: outcome.model,
    rType: outcome.rType,
    tokens: outcome.tokens,
    tasks: outcome.tasks,
    upstreamDuration: outcome.durations.upstream,
  }),
  duration: outcome.durations.total,
  sizes: outcome.sizes,
  ...captured(admission.hold, outcome),
});

/** The event of a request that did nothing: it was refused, or had been answered before. */
export const idleEvent = (
  who: EventSubject,
  ending: {
    outcome: "refused" | "replayed";
    status: number;
    code?: string;
    fingerprint?: string;
    duration: number;
  },
): MeteredFacts => ({ ...subject(who), ...ending, ...nothing });

/** The event of a request that nobody settled; all that is known of it stands in its hold. */
export function abandonedEvent(
  account: Pick<GateAccount, "_id" | "username" | "keys">,
  hold: StoredHold,
): MeteredFacts {
  const key = account.keys.find(({ id }) => id.equals(hold.key));
  return {
    _id: hold.id,
    account: account._id,
    username: account.username,
    key: hold.key,
    ...known({ keyMasked: key?.masked, model: hold.model, rType: hold.rType }),
    endpoint: hold.endpoint,
    // All that is metered is asked by POST.
    method: "POST",
    outcome: "abandoned",
    ...nothing,
    ip: hold.ip,
    at: hold.at,
  };
}

/** What was used by a request that was given up before it was settled. It charges nothing. */
export const lateEvent = (event: MeteredFacts): MeteredFacts => ({
  ...event,
  _id: `${event._id}:late`,
  outcome: "late",
  ...nothing,
});
