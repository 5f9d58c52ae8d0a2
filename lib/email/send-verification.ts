import type * as z from "zod";
import { Failure } from "../errors.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { MailRoom } from "./mail-room.ts";
import { needsVerification } from "./needs-verification.ts";
import type { Refusal, VerificationReply } from "./rules.ts";

interface SendDeps {
  mailer: Pick<MailRoom, "send">;
  settings: SettingsReader;
}

interface SendInput {
  account: Pick<SignedInAccount, "_id" | "verified" | "pendingEmail">;
  /** Whether some minutes must have passed since the last mail. */
  again: boolean;
}

/**
 * Sends a code to the address that is to be verified.
 * @throws Failure VERIFICATION_OFF, ALREADY_VERIFIED, EMAIL_REJECTED, EMAIL_LIMIT_REACHED or EMAIL_UNAVAILABLE
 */
export async function sendVerification(
  { mailer, settings }: SendDeps,
  { account, again }: SendInput,
): Promise<z.output<typeof VerificationReply>> {
  const { verification } = await settings.current();
  needsVerification(account, verification);
  const wait = again ? verification.waitMinutes * 60_000 : 0;
  const delivery = await mailer.send({ account: account._id, purpose: "verification" }, wait);
  switch (delivery.outcome) {
    case "sent":
      return reply("A code is on its way to your address.", delivery.expiresAt);
    case "queued":
      return reply("The mail service does not answer. A code will be sent as soon as it does.");
    case "off":
      throw new Failure("EMAIL_UNAVAILABLE");
    case "refused":
      throw refused(delivery.refusal);
  }
}

const reply = (message: string, expiresAt?: Date): z.output<typeof VerificationReply> => ({
  success: true,
  message,
  expires_at: expiresAt?.toISOString() ?? null,
});

function refused(refusal: Refusal): Failure {
  switch (refusal.reason) {
    case "limit":
      return new Failure("EMAIL_LIMIT_REACHED", { retryAfter: Math.ceil(refusal.wait / 1_000) });
    case "rejected_address":
      return new Failure("EMAIL_REJECTED");
    case "nothing_to_verify":
    case "superseded":
      return new Failure("ALREADY_VERIFIED");
    case "account_gone":
      return new Failure("SESSION_INVALID");
  }
}
