import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { needsVerification } from "./needs-verification.ts";
import type { OneTimeCodes } from "./one-time-code.ts";
import type { RedemptionStore } from "./redemption-store.ts";
import { canBeTried } from "./rules.ts";

interface VerifyDeps {
  codes: Pick<OneTimeCodes, "hash">;
  redemptions: Pick<RedemptionStore, "countWrong" | "confirmAddress">;
  settings: SettingsReader;
}

interface VerifyInput {
  /** As it was at `now`. */
  account: SignedInAccount;
  session: { id: ObjectId };
  now: Date;
  code: string;
  request: EventOrigin;
}

/**
 * Exchanges the code of a mail for a verified address; a new address then takes the place of the old
 * one. Of any number of tries at once, only as many count as the code has left.
 * @throws Failure VERIFICATION_OFF, ALREADY_VERIFIED, CODE_WRONG, CODE_EXPIRED, or ALREADY_TAKEN if
 * another account has the address by now
 */
export async function verifyEmail(
  { codes, redemptions, settings }: VerifyDeps,
  { account, session, now, code, request }: VerifyInput,
): Promise<void> {
  const { verification } = await settings.current();
  needsVerification(account, verification);
  const { _id: id, pendingEmail } = account;
  const sent = account.codes.verification;
  const mostTries = verification.tries;
  const email = pendingEmail ?? account.email;
  if (!sent || !canBeTried(sent, { email, mostTries, now })) throw new Failure("CODE_EXPIRED");

  const hash = await codes.hash("verification", id, code);
  if (hash !== sent.hash) {
    const counted = await redemptions.countWrong({ account: id, hash: sent.hash, mostTries });
    throw new Failure(counted ? "CODE_WRONG" : "CODE_EXPIRED");
  }
  const type = pendingEmail === undefined ? "email_verified" : "email_changed";
  const event = securityEvent(type, { request, subject: id });
  const proof = { account: id, session: session.id, hash, mostTries, event, usage: request.usage };
  const outcome = await redemptions.confirmAddress(proof);
  if (outcome === "spent") throw new Failure("CODE_EXPIRED");
  if (outcome === "taken") {
    const errors = [{ path: "email", message: "Another account has verified this address." }];
    throw new Failure("ALREADY_TAKEN", { errors });
  }
}
