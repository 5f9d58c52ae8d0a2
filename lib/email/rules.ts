import * as z from "zod";
import { PasswordChange } from "../accounts/rules.ts";
import { utcDay } from "../credits/rules.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

/** POST /v1/email/send-verification and /resend: an object, with nothing in it. */
export const EmptyBody = z.object({});

/** POST /v1/email/verify */
export const VerifyBody = z.object({
  /** A code of another form is a wrong code, and costs a try like any other. */
  otp_code: z.string().trim().min(1).max(64),
});

/** What the three answer. */
export const VerificationReply = z.object({
  success: z.literal(true),
  message: z.string(),
  expires_at: z.iso.datetime().nullable().describe("When the code that was sent ends."),
});

/** GET /v1/email/status */
export const VerificationStatus = z.object({
  success: z.literal(true),
  is_verified: z.boolean(),
  email: z.string(),
  verification_enabled: z.boolean(),
  verification_required_for_api: z.boolean(),
});

/** POST /v1/users/password-reset */
export const PasswordResetRequest = z.object({ email: z.string().min(1).max(254) });

/** POST /v1/users/password-reset/confirm */
export const PasswordResetConfirmation = z.object({
  token: z.string().min(1).max(256),
  new_password: PasswordChange.shape.new_password,
});

/** How long a link for a new password is good, in milliseconds. */
export const resetLifetime = 30 * minute;

/** Links for a new password that one account is sent on one UTC day. */
export const resetsPerDay = 5;

/**
 * Notices that one account is sent on one UTC day. Nobody changes a password more often, and an
 * address that was never verified may be a stranger's, whose inbox is not to be filled.
 */
export const noticesPerDay = 10;

/** What limits the mails of one purpose to one account. */
export interface SendLimit {
  perDay: number;
  /** Milliseconds between two. */
  wait: number;
}

/** Mails of one purpose that were sent on `day`, the last of them at `lastAt`. */
interface Sends {
  day: string;
  count: number;
  lastAt: Date;
}

/** Why a mail is not sent, and never will be. */
export type Refusal =
  | { reason: "account_gone" | "nothing_to_verify" | "superseded" | "rejected_address" }
  /** Milliseconds until one may be sent again. */
  | { reason: "limit"; wait: number };

interface Sender {
  verified: boolean;
  pendingEmail?: string | undefined;
  sends: {
    verification?: Sends | undefined;
    passwordReset?: Sends | undefined;
    notice?: Sends | undefined;
  };
}

/**
 * Whether a mail may be sent: undefined, or why not. A new mail keeps to a limit; another
 * try of one whose first was made at `since` is not counted again, and gives way to a newer mail.
 */
export function sendRefusal(
  purpose: keyof Sender["sends"],
  { verified, pendingEmail, sends }: Sender,
  allowed: SendLimit | { since: Date },
  now: Date,
): Refusal | undefined {
  if (purpose === "verification" && verified && pendingEmail === undefined) {
    return { reason: "nothing_to_verify" };
  }
  const sent = sends[purpose];
  if (!sent) return undefined;
  if ("since" in allowed) {
    return sent.lastAt > allowed.since ? { reason: "superseded" } : undefined;
  }
  const today = utcDay(now);
  const spent = sent.day === today && sent.count >= allowed.perDay;
  const next = spent ? Date.parse(today) + day : sent.lastAt.getTime() + allowed.wait;
  const wait = next - now.getTime();
  return wait > 0 ? { reason: "limit", wait } : undefined;
}

interface Code {
  email: string;
  expiresAt: Date;
  tries: number;
}

/** Whether a code may still be checked: it was sent to the address in question, lives, and has tries left. */
export const canBeTried = (
  code: Code,
  { email, mostTries, now }: { email: string; mostTries: number; now: Date },
): boolean => code.email === email && code.expiresAt > now && code.tries < mostTries;

/** Minutes between the tries that the job makes of a mail in the outbox; the first comes with its next run. */
const retryMinutes = [5, 15, 60, 240];

/** How often the job tries a mail. */
export const mostTries = retryMinutes.length + 1;

/** Milliseconds from try number `tries` to the next, or undefined if that was the last. */
export function retryDelay(tries: number): number | undefined {
  const minutes = retryMinutes[tries - 1];
  return minutes === undefined ? undefined : minutes * minute;
}
