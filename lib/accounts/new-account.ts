import { ObjectId } from "mongodb";
import type { Posting } from "../credits/posting.ts";
import { utcDay } from "../credits/rules.ts";
import { newKey } from "../keys/new-key.ts";
import { firstKeyName } from "../keys/rules.ts";
import type { Settings } from "../settings/rules.ts";
import { type StoredAccount, scopes } from "./document.ts";
import { emailKey, type Registration, usernameKey } from "./rules.ts";

interface AccountFacts {
  registration: Registration;
  /** PHC string. */
  passwordHash: string;
  /** The database's time. */
  now: Date;
  settings: Settings;
}

/** A new account with its first API key, its plan's figures, and the sign-up credits as a posting inside. */
export function newAccount({ registration, passwordHash, now, settings }: AccountFacts): {
  account: StoredAccount;
  /** None where no credits are given. */
  posting: Posting | undefined;
  /** The key's text, shown once. */
  apiKey: string;
} {
  const { plan: planName, credits } = settings.registration;
  const plan = settings.plans[planName];
  if (!plan) throw new Error(`there is no plan ${planName}`);
  const _id = new ObjectId();
  const day = utcDay(now);
  const key = newKey({ accountId: _id, now, name: firstKeyName, scopes: [...scopes] });
  const posting =
    credits === 0
      ? undefined
      : ({
          id: `${_id.toHexString()}:sign-up`,
          amount: credits,
          kind: "sign-up",
          reason: `registered on plan ${planName}`,
          actor: "service",
          at: now,
        } satisfies Posting);
  const account: StoredAccount = {
    _id,
    username: registration.username,
    usernameKey: usernameKey(registration.username),
    email: emailKey(registration.email),
    name: registration.name,
    userType: registration.user_type,
    aboutMe: registration.about_me,
    hobbies: registration.hobbies,
    passwordHash,
    status: "active",
    verified: !settings.verification.required,
    plan: planName,
    level: plan.level,
    rTypes: plan.rTypes,
    allowance: { day, perDay: plan.dailyCredits, used: 0 },
    conversations: { day, perDay: plan.dailyConversations, used: 0 },
    balance: credits,
    rate: {},
    keys: [key.stored],
    sessions: [],
    codes: {},
    sends: {},
    holds: [],
    postings: posting ? [posting] : [],
    logMessages: true,
    notes: "",
    createdAt: now,
    updatedAt: now,
  };
  return { account, posting, apiKey: key.text };
}
