import * as z from "zod";
import { idCodec } from "../ids.ts";
import { SessionTokens } from "../sessions/rules.ts";
import { control, line, text, without } from "../text.ts";

/**
 * Letters of these scripts look alike, so a name holds letters of one of them at most: with a
 * Cyrillic а somebody could be taken for somebody else.
 */
const similarScripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];

const username = z
  .string()
  .min(3)
  .max(50)
  .regex(/^[\p{L}\p{N}_-]+$/u, { error: "may contain letters, digits, _ and - only" })
  .regex(/[\p{L}\p{N}]/u, { error: "must contain a letter or a digit" })
  .refine((name) => name === name.normalize("NFKC"), {
    error: "must be written with plain letters and digits",
  })
  .refine((name) => similarScripts.filter((script) => script.test(name)).length <= 1, {
    error: "must not mix letters of different alphabets",
  });

/** zod's syntax with the limits of RFC 5321, 4.5.3.1. */
export const email = z
  .string()
  .max(254)
  .pipe(z.email())
  .refine((address) => address.lastIndexOf("@") <= 64, {
    error: "must have at most 64 characters before the @",
  });

/** Judged by its own rules; here only what could never pass them is kept out. */
const newPassword = z.string().max(1_024).check(without(control));

/** A password that is only compared: one that nobody can have is a wrong one. */
const password = z.string().max(1_024);

const aboutMe = text(1_000);
const hobbies = text(500);
const name = line(2, 100);

/** POST /v1/users/register */
export const Registration = z.object({
  username,
  name,
  email,
  password: newPassword,
  user_type: z.enum(["Personal", "Business"]).default("Personal"),
  about_me: aboutMe.default(""),
  hobbies: hobbies.default(""),
});
export type Registration = z.output<typeof Registration>;

export const Registered = z.object({
  success: z.literal(true),
  message: z.string(),
  user_id: idCodec,
  username: z.string(),
  email: z.string(),
  api_key: z.string().describe("Shown this once."),
  verification_required: z.boolean(),
  verification_mail: z
    .enum(["sent", "queued", "off", "refused"])
    .nullable()
    .describe("What became of the mail with the code; null if none is needed."),
});
export type Registered = z.output<typeof Registered>;

/** POST /v1/users/login */
export const Login = z.object({
  email: z.string().min(1).max(254).describe("The address, or the username."),
  password,
});

export const LoggedIn = z.object({
  success: z.literal(true),
  message: z.string(),
  user: z.object({
    id: idCodec,
    username: z.string(),
    name: z.string(),
    email: z.string(),
    user_type: z.enum(["Personal", "Business"]),
    subscription_plan: z.string(),
    is_verified: z.boolean(),
    /** Whether the session may do nothing but choose another password. */
    password_change_required: z.boolean(),
  }),
  session: SessionTokens,
});
export type LoggedIn = z.output<typeof LoggedIn>;

/** PUT /v1/users/profile; what is missing or null stays. */
export const ProfileChanges = z.object({
  name: name.nullish(),
  about_me: aboutMe.nullish(),
  hobbies: hobbies.nullish(),
  log_messages: z
    .boolean()
    .nullish()
    .describe("Whether requests and answers are kept for 30 days."),
});
export type ProfileChanges = z.output<typeof ProfileChanges>;

/** PUT /v1/users/email */
export const EmailChange = z.object({ new_email: email, current_password: password });

/** PUT /v1/users/password */
export const PasswordChange = z.object({ current_password: password, new_password: newPassword });

/** DELETE /v1/users/account */
export const Deletion = z.object({ password, reason: text(500).default("") });

/** How a username is told from others. */
export const usernameKey = (name: string): string => name.normalize("NFKC").toLowerCase();

/** How an address is stored and found. */
export const emailKey = (address: string): string => address.toLowerCase();
