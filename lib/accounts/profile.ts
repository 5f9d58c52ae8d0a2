import * as z from "zod";
import { leftOn, utcDay } from "../credits/rules.ts";
import { idCodec } from "../ids.ts";
import type { StoredAccount } from "./document.ts";
import { levelNames } from "./levels.ts";

/** GET /v1/users/profile */
export const Profile = z.object({
  id: idCodec,
  username: z.string(),
  name: z.string(),
  email: z.string(),
  pending_email: z.string().nullable().describe("A new address that waits for its code."),
  about_me: z.string(),
  hobbies: z.string(),
  user_type: z.enum(["Personal", "Business"]),
  time_created: z.iso.datetime(),
  subscription_plan: z.string(),
  credits: z
    .object({ main: z.int(), reset: z.int() })
    .describe("`main`: left in all; `reset`: allowed a day."),
  limits: z
    .object({ conversation_limit: z.int(), reset: z.int() })
    .describe("`conversation_limit`: left today; `reset`: allowed a day."),
  access_rtype: z.array(z.string()).describe("Prompt styles that may be asked for."),
  level: z.enum(levelNames).describe("The highest level of models that may be asked for."),
  additional_notes: z.string(),
  is_verified: z.boolean(),
  log_messages: z.boolean().describe("Whether requests and answers are kept for 30 days."),
  last_login: z.iso.datetime().nullable(),
  last_activity: z.iso.datetime().nullable(),
});
export type Profile = z.output<typeof Profile>;

type ProfileFields =
  | "_id"
  | "username"
  | "name"
  | "email"
  | "pendingEmail"
  | "aboutMe"
  | "hobbies"
  | "userType"
  | "createdAt"
  | "plan"
  | "allowance"
  | "balance"
  | "conversations"
  | "rTypes"
  | "level"
  | "notes"
  | "verified"
  | "logMessages"
  | "lastLoginAt"
  | "lastActivityAt";

/** An account in the words of the API, as it is at `now`. */
export function profileOf(account: Pick<StoredAccount, ProfileFields>, now: Date): Profile {
  return {
    id: account._id,
    username: account.username,
    name: account.name,
    email: account.email,
    pending_email: account.pendingEmail ?? null,
    about_me: account.aboutMe,
    hobbies: account.hobbies,
    user_type: account.userType,
    time_created: account.createdAt.toISOString(),
    subscription_plan: account.plan,
    ...balancesOf(account, now),
    access_rtype: account.rTypes,
    level: levelNames[account.level - 1] ?? "low",
    additional_notes: account.notes,
    is_verified: account.verified,
    log_messages: account.logMessages,
    last_login: account.lastLoginAt?.toISOString() ?? null,
    last_activity: account.lastActivityAt?.toISOString() ?? null,
  };
}

/** What an account has left at `now`, in the words of the API: in all, and of today's limit. */
export function balancesOf(
  {
    allowance,
    balance,
    conversations,
  }: Pick<StoredAccount, "allowance" | "balance" | "conversations">,
  now: Date,
): Pick<Profile, "credits" | "limits"> {
  const today = utcDay(now);
  return {
    credits: { main: leftOn(today, allowance) + balance, reset: allowance.perDay },
    limits: { conversation_limit: leftOn(today, conversations), reset: conversations.perDay },
  };
}
