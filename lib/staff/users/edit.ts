import { isDeepStrictEqual } from "node:util";
import { levelNames } from "../../accounts/levels.ts";
import { emailKey } from "../../accounts/rules.ts";
import { leftOn, utcDay } from "../../credits/rules.ts";
import type { Detail } from "../../security/events.ts";
import type { Settings } from "../../settings/rules.ts";
import type { UserChanges } from "./rules.ts";
import type { UserAccount } from "./user.ts";

/** Fields that an edit puts values in, by their name in the database, flat. */
interface EditedFields {
  name: string;
  email: string;
  aboutMe: string;
  hobbies: string;
  userType: UserAccount["userType"];
  plan: string;
  level: number;
  rTypes: readonly string[];
  notes: string;
  verified: boolean;
  status: UserAccount["status"];
  "allowance.perDay": number;
  "conversations.perDay": number;
}

/** Names in the API, and whether an event may tell the values. */
const apiNames = {
  name: ["name", "personal"],
  email: ["email", "personal"],
  aboutMe: ["about_me", "personal"],
  hobbies: ["hobbies", "personal"],
  userType: ["user_type", "told"],
  plan: ["subscription_plan", "told"],
  level: ["level", "told"],
  rTypes: ["access_rtype", "told"],
  notes: ["additional_notes", "personal"],
  verified: ["is_verified", "told"],
  status: ["is_active", "told"],
  "allowance.perDay": ["credits.reset", "told"],
  "conversations.perDay": ["limits.reset", "told"],
} as const satisfies Record<keyof EditedFields, readonly [string, "personal" | "told"]>;

/** What an edit makes of an account that is as it was read. */
export interface Edit {
  /** Fields that get another value; `before` has the value that each had. */
  set: Partial<EditedFields>;
  before: Partial<EditedFields>;
  /** What is to be left of credits in all, if that is to change. */
  creditsLeft: number | undefined;
  /** What is to be left of today's conversations, if that is to change. */
  conversationsLeft: number | undefined;
  /** For the event: names of the changed fields and, where they are not personal, their values. */
  details: {
    fields: readonly string[];
    before: Record<string, Detail>;
    after: Record<string, Detail>;
  };
}

const flat = (account: UserAccount): EditedFields => ({
  ...account,
  "allowance.perDay": account.allowance.perDay,
  "conversations.perDay": account.conversations.perDay,
});

/** What a plan that is not the account's yet brings with it. */
function ofPlan(
  { subscription_plan: plan }: UserChanges,
  account: UserAccount,
  { plans }: Pick<Settings, "plans">,
): Partial<EditedFields> {
  if (plan == null || plan === account.plan) return {};
  const found = plans[plan];
  if (!found) throw new Error(`there is no plan ${plan}`);
  return {
    plan,
    level: found.level,
    rTypes: found.rTypes,
    "allowance.perDay": found.dailyCredits,
    "conversations.perDay": found.dailyConversations,
  };
}

const named = (changes: UserChanges): Record<keyof EditedFields, unknown> => ({
  name: changes.name,
  email: changes.email == null ? undefined : emailKey(changes.email),
  aboutMe: changes.about_me,
  hobbies: changes.hobbies,
  userType: changes.user_type,
  plan: changes.subscription_plan,
  level: changes.level == null ? undefined : levelNames.indexOf(changes.level) + 1,
  rTypes: changes.access_rtype,
  notes: changes.additional_notes,
  verified: changes.is_verified,
  status: changes.is_active == null ? undefined : changes.is_active ? "active" : "suspended",
  "allowance.perDay": changes.credits?.reset,
  "conversations.perDay": changes.limits?.reset,
});

/**
 * What changes make of an account. What they name goes before what a plan brings; an address that
 * staff sets is proven only where addresses need no proof, or if the edit says so. `plans` must have
 * the plan that is named.
 */
export function planEdit(
  changes: UserChanges,
  account: UserAccount,
  { settings, now: at }: { settings: Pick<Settings, "plans" | "verification">; now: Date },
): Edit {
  const current = flat(account);
  const given = Object.entries(named(changes)).filter(([, value]) => value != null);
  const wanted: Partial<EditedFields> = {
    ...ofPlan(changes, account, settings),
    ...Object.fromEntries(given),
  };
  if (wanted.email !== undefined && wanted.email !== account.email) {
    wanted.verified ??= !settings.verification.required;
  }
  const names = (Object.keys(wanted) as (keyof EditedFields)[]).filter(
    (name) => !isDeepStrictEqual(wanted[name], current[name]),
  );
  const only = (fields: Partial<EditedFields>) =>
    Object.fromEntries(names.map((name) => [name, fields[name]])) as Partial<EditedFields>;
  const set = only(wanted);
  const before = only(current);
  const now = leftOf(account, at);
  // Another figure of the day changes what is left with it, so that one is always told.
  const moved = (daily: keyof EditedFields, to: number | undefined, from: number) =>
    to === from && !(daily in set) ? undefined : to;
  const { credits, limits } = changes;
  const left = {
    creditsLeft: moved("allowance.perDay", credits?.main, now.credits),
    conversationsLeft: moved("conversations.perDay", limits?.conversation_limit, now.conversations),
  };
  return { set, before, ...left, details: detailsOf({ set, before, ...left }, now) };
}

interface Left {
  credits: number;
  conversations: number;
}

/** What an account has left in all at a time. */
function leftOf({ allowance, balance, conversations }: UserAccount, at: Date): Left {
  const day = utcDay(at);
  return {
    credits: leftOn(day, allowance) + balance,
    conversations: leftOn(day, conversations),
  };
}

function detailsOf(
  { set, before, creditsLeft, conversationsLeft }: Omit<Edit, "details">,
  now: Left,
): Edit["details"] {
  const figures: [string, number | undefined, number][] = [
    ["credits.main", creditsLeft, now.credits],
    ["limits.conversation_limit", conversationsLeft, now.conversations],
  ];
  const moved = figures.flatMap(([name, to, from]) =>
    to === undefined ? [] : [{ name, from, to }],
  );
  const changed = (Object.keys(set) as (keyof EditedFields)[]).map((field) => {
    const [name, kind] = apiNames[field];
    return { name, kind, from: asTold(field, before), to: asTold(field, set) };
  });
  const told = [...changed.filter(({ kind }) => kind === "told"), ...moved];
  return {
    fields: [...changed, ...moved].map(({ name }) => name),
    before: nested(told.map(({ name, from }) => [name, from])),
    after: nested(told.map(({ name, to }) => [name, to])),
  };
}

/** Values by their names, those of a name with a dot inside an object. */
function nested(values: readonly (readonly [string, Detail])[]): Record<string, Detail> {
  const all: Record<string, Detail> = {};
  for (const [path, value] of values) {
    const [name = "", inner] = path.split(".");
    all[name] = inner === undefined ? value : { ...Object(all[name]), [inner]: value };
  }
  return all;
}

/** A value in the words of the API. */
function asTold(field: keyof EditedFields, fields: Partial<EditedFields>): Detail {
  if (field === "level") return levelNames[(fields.level ?? 1) - 1] ?? "low";
  if (field === "status") return fields.status === "active";
  return fields[field] ?? null;
}
