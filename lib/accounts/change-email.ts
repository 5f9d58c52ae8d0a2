import type { MailRoom } from "../email/mail-room.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import type { Attempt, ThrottleStore } from "../security/throttle/store.ts";
import { registrationAttempts } from "./attempts.ts";
import type { StoredAccount } from "./document.ts";
import type { OwnerStore } from "./owner-store.ts";
import { type ProofDeps, provePassword, requirePlace } from "./prove-password.ts";
import { emailKey } from "./rules.ts";

interface ChangeDeps extends ProofDeps {
  owners: Pick<OwnerStore, "hasAddress" | "keepAddress" | "dropAddress" | "changeAddress">;
  throttle: Pick<ThrottleStore, "reserve" | "count" | "takeBack">;
  mailer: Pick<MailRoom, "off" | "sendOrQueue">;
}

interface ChangeInput {
  account: Pick<StoredAccount, "_id" | "email" | "pendingEmail" | "passwordHash">;
  session: Pick<StoredAccount["sessions"][number], "id">;
  newEmail: string;
  currentPassword: string;
  proof: Proof;
  request: EventOrigin;
}

/**
 * Gives an account another address. With mail the old one stays until the new one is verified by its
 * code, and is told; without mail nothing could be verified, so the new one holds at once.
 * The account's own address ends a change that is under way.
 * An address that is taken counts as a refused registration does, or accounts could be looked for
 * here without end.
 * @returns whether a code is awaited, and if so whether its mail was sent or kept to be sent
 * @throws Failure ALREADY_TAKEN, also for the account's own address if no change is under way; REGISTRATIONS_EXCEEDED;
 * EMAIL_UNAVAILABLE where addresses must be verified and mail is off; or whatever `provePassword` throws
 */
export async function changeEmail(
  { owners, mailer, throttle, ...proving }: ChangeDeps,
  { account, session, newEmail, currentPassword: password, proof, request }: ChangeInput,
): Promise<"awaits code" | "awaits mail" | "changed" | "cancelled"> {
  const { verification, registration } = await proving.settings.current();
  const email = emailKey(newEmail);
  const isOwn = email === account.email && account.pendingEmail !== undefined;
  if (mailer.off && verification.required && !isOwn) throw new Failure("EMAIL_UNAVAILABLE");
  const { _id: id, passwordHash } = account;
  const proven = { account: id, passwordHash, proof, usage: request.usage };
  if (isOwn) {
    await provePassword(proving, { account, password, proof, request });
    const event = securityEvent("email_change_cancelled", { request, subject: id });
    if (await owners.dropAddress({ ...proven, event })) return "cancelled";
    throw new Failure("WRONG_PASSWORD");
  }
  const { refused } = registrationAttempts(request, registration);
  requirePlace(proof);
  const [isTaken, [refusal]] = await withProof(
    provePassword(proving, { account, password, proof, request }),
    Promise.all([owners.hasAddress(email), throttle.reserve(refused)]),
    () => throttle.takeBack([refused]),
  );
  if (refusal) {
    throw new Failure("REGISTRATIONS_EXCEEDED", { retryAfter: refusal.retryAfter });
  }
  if (isTaken) throw await taken(throttle, refused);
  const type = mailer.off ? "email_changed" : "email_change_requested";
  const event = securityEvent(type, { request, subject: id });
  const change = { ...proven, refused, event, email, session: session.id };
  if (mailer.off) {
    const outcome = await owners.changeAddress(change);
    if (outcome === "taken") throw await taken(throttle, refused);
    if (outcome === "changed") throw new Failure("WRONG_PASSWORD");
    return "changed";
  }
  if (!(await owners.keepAddress(change))) throw new Failure("WRONG_PASSWORD");
  const [mail] = await Promise.all([
    mailer.sendOrQueue({ account: id, purpose: "verification" }),
    mailer.sendOrQueue({ account: id, purpose: "emailChanged", to: account.email }),
  ]);
  return mail === "refused" ? "awaits mail" : "awaits code";
}

/**
 * What was looked up beside the hash of the password. A wrong password wins over whatever was found,
 * of which its sender learns nothing; it is undone then.
 */
async function withProof<Found>(
  proving: Promise<void>,
  looking: Promise<Found>,
  undo: () => Promise<unknown>,
): Promise<Found> {
  const [proof, found] = await Promise.allSettled([proving, looking]);
  if (proof.status === "fulfilled") return looking;
  if (found.status === "fulfilled") await undo();
  throw proof.reason;
}

async function taken(throttle: Pick<ThrottleStore, "count">, refused: Attempt): Promise<Failure> {
  await throttle.count(refused);
  const message = "An account has this address already.";
  return new Failure("ALREADY_TAKEN", { errors: [{ path: "new_email", message }] });
}
