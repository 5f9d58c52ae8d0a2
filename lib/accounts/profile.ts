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
  /** A new address that waits for its code. */
  pending_email: z.string().nullable(),
  about_me: z.string(),
  hobbies: z.string(),
  user_type: z.enum(["Personal", "Business"]),
  time_created: z.iso.datetime(),
  subscription_plan: z.string(),
  /** `main`: left in all; `reset`: allowed a day. */
  credits: z.object({ main: z.int(), reset: z.int() }),
  /** `conversation_limit`: left today; `reset`: allowed a day. */
  limits: z.object({ conversation_limit: z.int(), reset: z.int() }),
  access_rtype: z.array(z.string()),
  level: z.enum(levelNames),
  additional_notes: z.string(),
  is_verified: z.boolean(),
  /** Whether requests and answers are kept for 30 days. */
  log_messages: z.boolean(),
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
  const today = utcDay(now);
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
    credits: {
      main: leftOn(today, account.allowance) + account.balance,
      reset: account.allowance.perDay,
    },
    limits: {
      conversation_limit: leftOn(today, account.conversations),
      reset: account.conversations.perDay,
    },
    access_rtype: account.rTypes,
    level: levelNames[account.level - 1] ?? "low",
    additional_notes: account.notes,
    is_verified: account.verified,
    log_messages: account.logMessages,
    last_login: account.lastLoginAt?.toISOString() ?? null,
    last_activity: account.lastActivityAt?.toISOString() ?? null,
  };
}
