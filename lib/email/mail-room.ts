import type { Log } from "../logger.ts";
import type { RecordMail } from "../metrics.ts";
import { type LetterDeps, type Try, writeLetter } from "./letter.ts";
import { MailFailure } from "./mail-failure.ts";
import type { Mail, Mailer } from "./mailer.ts";
import type { LeasedMail, OutboxStore } from "./outbox-store.ts";
import { mostTries, type Refusal, retryDelay } from "./rules.ts";
import type { Transport } from "./ses.ts";

interface MailRoomDeps extends LetterDeps {
  /** Undefined where mail is off. */
  transport: Transport | undefined;
  outbox: OutboxStore;
  log: Log;
  record: RecordMail;
}

/** What happened to a mail. */
type Delivery =
  | { outcome: "sent"; expiresAt: Date | undefined }
  | { outcome: "queued" }
  | { outcome: "off" }
  | { outcome: "refused"; refusal: Refusal };

/** A delivery that may be tried again. */
type Attempt = Exclude<Delivery, { outcome: "queued" }> | { outcome: "failed"; at: Date };

export type Retried = "sent" | "refused" | "off" | "postponed" | "given_up";

export interface MailRoom extends Mailer {
  /** Whether no mail service is set up. */
  off: boolean;
  /**
   * Sends a mail within 2 s or leaves it to the outbox, at least `wait` milliseconds after the last
   * one of its purpose.
   * @throws Failure DATABASE_UNAVAILABLE
   */
  send(mail: Mail, wait?: number): Promise<Delivery>;
  /** Tries a mail of the outbox again. @throws Failure DATABASE_UNAVAILABLE; the mail then waits for its lease to end */
  retry(mail: LeasedMail): Promise<Retried>;
}

/** Where mails are written, handed over, and kept if nobody takes them. */
export function mailRoom({ transport, outbox, log, record, ...writing }: MailRoomDeps): MailRoom {
  const deliver = async (mail: Mail, attempt: Try): Promise<Attempt> => {
    if (!transport) return { outcome: "off" };
    const letter = await writeLetter(writing, mail, attempt);
    if ("reason" in letter) return { outcome: "refused", refusal: letter };
    const { purpose, account } = mail;
    try {
      await transport.send(letter.to, letter.message);
    } catch (error) {
      if (!(error instanceof MailFailure)) throw error;
      record({ purpose, result: error.class });
      log.warn("mail not sent", { purpose, account, class: error.class, error });
      return error.permanent
        ? { outcome: "refused", refusal: { reason: "rejected_address" } }
        : { outcome: "failed", at: letter.at };
    }
    record({ purpose, result: "sent" });
    return { outcome: "sent", expiresAt: letter.expiresAt };
  };

  const send: MailRoom["send"] = async (mail, wait = 0) => {
    const delivery = await deliver(mail, { wait });
    if (delivery.outcome !== "failed") return delivery;
    await outbox.add(mail, delivery.at);
    return { outcome: "queued" };
  };

  return {
    off: transport === undefined,
    send,
    sendOrQueue: async (mail) => {
      try {
        return (await send(mail)).outcome;
      } catch (error) {
        const { purpose, account } = mail;
        log.error("mail neither sent nor kept", { purpose, account, error });
        return "refused";
      }
    },
    retry: async (mail) => {
      const delivery: Attempt =
        // More tries than that means that workers died over it.
        mail.tries > mostTries
          ? { outcome: "failed", at: mail.createdAt }
          : await deliver(mail, { since: mail.createdAt });
      const delay = retryDelay(mail.tries);
      if (delivery.outcome === "failed" && delay !== undefined) {
        await outbox.postpone(mail, delay);
        return "postponed";
      }
      await outbox.remove(mail);
      if (delivery.outcome !== "failed") return delivery.outcome;
      log.error("mail given up", { purpose: mail.purpose, account: mail.account });
      return "given_up";
    },
  };
}
