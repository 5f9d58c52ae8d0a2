import { randomBytes } from "node:crypto";
import type { ObjectId } from "mongodb";
import * as z from "zod";
import { lockKeys } from "../../accounts/attempts.ts";
import { passwordProblems } from "../../accounts/password-rules.ts";
import type { MailRoom } from "../../email/mail-room.ts";
import type { Refusal } from "../../email/rules.ts";
import { Failure } from "../../errors.ts";
import type { EventStore } from "../../security/event-store.ts";
import { type EventOrigin, securityEvent } from "../../security/events.ts";
import type { PasswordHasher } from "../../security/password.ts";
import type { SettingsReader } from "../../settings/reader.ts";
import { type ActingStaff, actorOf } from "./actor.ts";
import type { UserAccount } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export const UserPasswordResetDone = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({
    updated_fields: z.array(z.string()),
    /** What became of the mail with the link; null where no mail is set up. */
    mail: z.enum(["sent", "queued"]).nullable(),
    /** Shown this once, where it was made here: it must be changed before anything else. */
    one_time_password: z.string().nullable(),
  }),
});
type UserPasswordResetDone = z.output<typeof UserPasswordResetDone>;

interface ResetDeps {
  users: Pick<UserStore, "find" | "setPassword">;
  mailer: Pick<MailRoom, "off" | "send">;
  events: EventStore;
  passwords: Pick<PasswordHasher, "hash">;
  settings: SettingsReader;
}

interface ResetInput {
  staff: ActingStaff;
  account: ObjectId;
  /** Of the one-time password; one is made unless told. */
  password: string | null | undefined;
  request: EventOrigin;
}

/**
 * Lets a user choose a new password: by a link where mail is set up, so that nobody else ever knows
 * one; else by a one-time password that must be changed. Sessions end with the second only: the
 * first changes nothing before its user does.
 * @throws Failure NOT_FOUND; VALIDATION_FAILED for a password that breaks the rules, or is sent where
 * a link is; EMAIL_LIMIT_REACHED or EMAIL_REJECTED
 */
export async function resetPassword(
  deps: ResetDeps,
  input: ResetInput,
): Promise<UserPasswordResetDone> {
  if (!deps.mailer.off && input.password != null) {
    throw wrong("is not taken here: the user gets a link by mail and chooses one");
  }
  const found = await deps.users.find(input.account);
  if (!found || found.user.status === "deleting") throw new Failure("NOT_FOUND");
  return deps.mailer.off ? setOneTime(deps, input, found.user) : sendLink(deps, input);
}

async function sendLink(
  { mailer, events }: ResetDeps,
  { staff, account, request }: ResetInput,
): Promise<UserPasswordResetDone> {
  const delivery = await mailer.send({ account, purpose: "passwordReset" });
  if (delivery.outcome === "off") throw new Failure("EMAIL_UNAVAILABLE");
  if (delivery.outcome === "refused") throw refused(delivery.refusal);
  const { outcome: mail } = delivery;
  const details = { mail };
  await events.record(
    securityEvent("password_reset_requested", {
      request,
      subject: account,
      actor: actorOf(staff),
      details,
    }),
  );
  return {
    success: true,
    message: "The user gets a link that lets them choose a new password.",
    data: { updated_fields: [], mail, one_time_password: null },
  };
}

async function setOneTime(
  { users, passwords, settings }: ResetDeps,
  { staff, account, password, request }: ResetInput,
  user: UserAccount,
): Promise<UserPasswordResetDone> {
  const { minLength, argon2id } = (await settings.current()).passwords;
  const oneTime = password ?? generated(minLength);
  // One that was made here may hold a short name by chance, and is nobody's fault.
  const errors =
    password == null ? [] : passwordProblems("new_password", password, user, minLength);
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });
  const done = await users.setPassword({
    account,
    passwordHash: await passwords.hash(oneTime, argon2id),
    forget: lockKeys(user),
    event: securityEvent("password_reset_by_staff", {
      request,
      subject: account,
      actor: actorOf(staff),
      details: { fields: ["password"] },
    }),
    usage: request.usage,
  });
  if (!done) throw new Failure("NOT_FOUND");
  return {
    success: true,
    message: "The user signs in with the one-time password, and must then choose another.",
    data: {
      updated_fields: ["password"],
      mail: null,
      one_time_password: password == null ? oneTime : null,
    },
  };
}

/** At least 16 characters, which nobody guesses. */
const generated = (minLength: number): string =>
  randomBytes(96).toString("base64url").slice(0, Math.max(16, minLength));

function refused(refusal: Refusal): Failure {
  switch (refusal.reason) {
    case "limit":
      return new Failure("EMAIL_LIMIT_REACHED", { retryAfter: Math.ceil(refusal.wait / 1_000) });
    case "rejected_address":
      return new Failure("EMAIL_REJECTED");
    case "account_gone":
      return new Failure("USER_SUSPENDED");
    case "nothing_to_verify":
    case "superseded":
      return new Failure("CHANGED_MEANWHILE", { retryAfter: 1 });
  }
}

const wrong = (message: string): Failure =>
  new Failure("VALIDATION_FAILED", { errors: [{ path: "new_password", message }] });
