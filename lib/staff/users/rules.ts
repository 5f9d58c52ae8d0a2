import * as z from "zod";
import { levelNames } from "../../accounts/levels.ts";
import { email, ProfileChanges } from "../../accounts/rules.ts";
import { promptStyles, Style } from "../../chat/styles.ts";
import { line, text } from "../../text.ts";

/** Credits that one change may move or set. */
const mostCredits = 1_000_000_000;

const credits = z.int().min(0).max(mostCredits);

const someOf = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape).refine((map) => Object.keys(map).length > 0, {
    error: "must name at least one figure",
  });

/** What is missing stays. */
const Credits = someOf({
  /** Left in all, the rest of today's allowance included. */
  main: credits.optional(),
  /** Allowed a day. */
  reset: credits.optional(),
});

/** What is missing stays. */
const Limits = someOf({
  /** Conversations left today; above `reset` it is extra for today. */
  conversation_limit: credits.optional(),
  /** Allowed a day. */
  reset: credits.optional(),
});

const planName = z.string().min(1).max(32);

/** PUT users/{id}, of admins and of support; what is missing or null stays. */
export const UserChanges = z.object({
  ...ProfileChanges.pick({ name: true, about_me: true, hobbies: true }).shape,
  email: email.nullish(),
  user_type: z.enum(["Personal", "Business"]).nullish(),
  /** One of the settings' plans. It sets its level, styles and daily figures, unless they are named too. */
  subscription_plan: planName.nullish(),
  credits: Credits.nullish(),
  limits: Limits.nullish(),
  access_rtype: z
    .array(Style)
    .max(promptStyles.length)
    .refine((list) => new Set(list).size === list.length, { error: "must not repeat a style" })
    .nullish(),
  level: z.enum(levelNames).nullish(),
  additional_notes: text(2_000).nullish(),
  is_active: z.boolean().nullish(),
  is_verified: z.boolean().nullish(),
});
export type UserChanges = z.output<typeof UserChanges>;

/** PUT /v1/support/users/{id}/credits */
export const FigureChanges = UserChanges.pick({ credits: true, limits: true });

/** PUT /v1/support/users/{id}/plan */
export const PlanChange = z.object({ subscription_plan: planName });

const reason = line(1, 500);

/** POST users/{id}/suspend and /restore */
export const Reason = z.object({ reason });

/** DELETE users/{id}: in the query, as in the former API. */
export const DeletionQuery = z.object({ reason: reason.default("Admin deletion") });

/** POST users/{id}/credits: above zero a grant, below a revocation. */
export const CreditChange = z.object({
  amount: z
    .int()
    .min(-mostCredits)
    .max(mostCredits)
    .refine((amount) => amount !== 0, { error: "must not be 0" }),
  reason,
});
export type CreditChange = z.output<typeof CreditChange>;

/** POST /v1/support/users/{id}/reset-password: a password only where no mail is set up. */
export const UserPasswordReset = z.object({ new_password: z.string().max(1_024).nullish() });
