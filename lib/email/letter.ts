import type { SettingsReader } from "../settings/reader.ts";
import type { CodeStore } from "./code-store.ts";
import type { Mail } from "./mailer.ts";
import type { Message } from "./message.ts";
import type { CodePurpose, OneTimeCodes } from "./one-time-code.ts";
import { noticesPerDay, type Refusal, resetLifetime, resetsPerDay, sendRefusal } from "./rules.ts";
import {
  emailChangedByStaffMail,
  emailChangedMail,
  passwordChangedMail,
  passwordResetMail,
  verificationMail,
} from "./templates.ts";

export interface LetterDeps {
  codes: OneTimeCodes;
  store: Pick<CodeStore, "find" | "mint" | "countNotice">;
  settings: SettingsReader;
  /** Where the pages are that links in mails lead to. */
  appUrl: string | undefined;
}

/** A mail that is ready to go. */
interface Letter {
  to: string;
  message: Message;
  /** When it was first made, by the database's time. */
  at: Date;
  /** When the code in it ends. */
  expiresAt?: Date;
}

/** A first try that comes at least `wait` milliseconds after the last mail of its purpose, or another try. */
export type Try = { wait: number } | { since: Date };

/** Writes a mail, with a code of its own if it needs one, or says why there is none to write. */
export function writeLetter(deps: LetterDeps, mail: Mail, attempt: Try): Promise<Letter | Refusal> {
  const { purpose } = mail;
  return purpose === "verification" || purpose === "passwordReset"
    ? letterWithCode(deps, mail, purpose, attempt)
    : notice(deps, mail, purpose, attempt);
}

const hour = 3_600_000;

async function letterWithCode(
  { codes, store, settings, appUrl }: LetterDeps,
  { account: id }: Mail,
  purpose: CodePurpose,
  attempt: Try,
): Promise<Letter | Refusal> {
  const { verification } = await settings.current();
  const [lifetime, perDay] =
    purpose === "verification"
      ? [verification.hours * hour, verification.sendsPerDay]
      : [resetLifetime, resetsPerDay];
  const allowed = "since" in attempt ? attempt : { perDay, wait: attempt.wait };
  const secret = codes.make(purpose, id);
  const hash = await codes.hash(purpose, id, secret);
  const minted = await store.mint({ account: id, purpose, hash, lifetime, allowed });
  if (!minted) return { reason: "account_gone" };
  const { account, now } = minted;
  const code = account.codes[purpose];
  if (code?.hash !== hash) {
    return sendRefusal(purpose, account, allowed, now) ?? { reason: "superseded" };
  }
  const message =
    purpose === "verification"
      ? verificationMail(account, { secret, lifetime })
      : passwordResetMail(account, { secret, lifetime, appUrl });
  const at = account.sends[purpose]?.lastAt ?? now;
  return { to: code.email, message, at, expiresAt: code.expiresAt };
}

const notices = {
  passwordChanged: passwordChangedMail,
  emailChanged: emailChangedMail,
  emailChangedByStaff: emailChangedByStaffMail,
};

async function notice(
  { store }: LetterDeps,
  { account: id, to }: Mail,
  purpose: keyof typeof notices,
  attempt: Try,
): Promise<Letter | Refusal> {
  const again = "since" in attempt;
  const found = await (again ? store.find({ _id: id }) : store.countNotice(id, noticesPerDay));
  if (!found) return { reason: "account_gone" };
  const { account, now } = found;
  const limit = { perDay: noticesPerDay, wait: 0 };
  const refusal = again ? undefined : sendRefusal("notice", account, limit, now);
  if (refusal) return refusal;
  return { to: to ?? account.email, message: notices[purpose](account), at: now };
}
