import type { ObjectId } from "mongodb";

/** What a mail is for: a code or a link to prove something with, or a notice of what has happened. */
export const mailPurposes = [
  "verification",
  "passwordReset",
  "passwordChanged",
  "emailChanged",
  "emailChangedByStaff",
] as const;

/** A mail to an account. */
export interface Mail {
  account: ObjectId;
  purpose: (typeof mailPurposes)[number];
  /** Of a notice: where it goes instead of the account's address, such as the address before a change. */
  to?: string | undefined;
}

/**
 * What happened to a mail: `sent`; `queued` in the outbox, from where a job sends it; `off`, no mail
 * service is set up; `refused`, it will not be sent (the address is rejected for good, today's mails
 * are used up, there is nothing to verify, or it could be neither sent nor kept).
 */
type MailOutcome = "sent" | "queued" | "off" | "refused";

/** What operations may do with mail. */
export interface Mailer {
  /** Sends a mail within 2 s or leaves it to the outbox. Never throws: no change fails because of its mail. */
  sendOrQueue(mail: Mail): Promise<MailOutcome>;
}
