import type { MailRoom } from "../email/mail-room.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { Attempt } from "../security/throttle/store.ts";
import { registrationAttempts } from "./attempts.ts";
import type { StoredAccount } from "./document.ts";
import type { OwnerStore } from "./owner-store.ts";
import { type ProofDeps, provePassword } from "./prove-password.ts";
import { emailKey } from "./rules.ts";

interface ChangeDeps extends ProofDeps {
  owners: Pick<OwnerStore, "hasAddress" | "keepAddress" | "dropAddress" | "changeAddress">;
  mailer: Pick<MailRoom, "off" | "sendOrQueue">;
}

interface ChangeInput {
  account: Pick<StoredAccount, "_id" | "email" | "pendingEmail" | "passwordHash">;
  session: Pick<StoredAccount["sessions"][number], "id">;
  newEmail: string;
  currentPassword: string;
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
  { owners, mailer, ...proving }: ChangeDeps,
  { account, session, newEmail, currentPassword, request }: ChangeInput,
): Promise<"awaits code" | "awaits mail" | "changed" | "cancelled"> {
  const { verification, registration } = await proving.settings.current();
  const email = emailKey(newEmail);
  const isOwn = email === account.email && account.pendingEmail !== undefined;
  if (mailer.off && verification.required && !isOwn) throw new Failure("EMAIL_UNAVAILABLE");
  const attempt = await provePassword(proving, { account, password: currentPassword, request });
  if (isOwn) {
    const event = securityEvent("email_change_cancelled", { request, subject: account._id });
    const { _id, passwordHash } = account;
    if (
      await owners.dropAddress({ account: _id, passwordHash, attempt, event, usage: request.usage })
    ) {
      return "cancelled";
    }
    throw new Failure("WRONG_PASSWORD");
  }
  const { refused } = registrationAttempts(request, registration);
  const [isTaken, [refusal]] = await Promise.all([
    owners.hasAddress(email),
    proving.throttle.reserve(refused),
  ]);
  if (refusal) {
    await proving.throttle.takeBack([attempt]);
    throw new Failure("REGISTRATIONS_EXCEEDED", { retryAfter: refusal.retryAfter });
  }
  if (isTaken) throw await taken(proving, attempt, refused);
  const { _id: id, passwordHash } = account;
  const type = mailer.off ? "email_changed" : "email_change_requested";
  const event = securityEvent(type, { request, subject: id });
  const change = {
    account: id,
    passwordHash,
    attempt,
    refused,
    event,
    usage: request.usage,
    email,
    session: session.id,
  };
  if (mailer.off) {
    const outcome = await owners.changeAddress(change);
    if (outcome === "taken") throw await taken(proving, attempt, refused);
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

async function taken(
  { throttle }: Pick<ProofDeps, "throttle">,
  attempt: Attempt,
  refused: Attempt,
): Promise<Failure> {
  await Promise.all([throttle.takeBack([attempt]), throttle.count(refused)]);
  const message = "An account has this address already.";
  return new Failure("ALREADY_TAKEN", { errors: [{ path: "new_email", message }] });
}
