import { failProof, type ProofDeps, provePassword } from "../accounts/prove-password.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { Proof } from "../security/proof.ts";
import { newSeed, otpauthUrl, stepOf, type TotpVault } from "../security/totp.ts";
import type { StoredStaff } from "./document.ts";
import { checkFactor } from "./second-factor.ts";
import type { TotpStore } from "./totp-store.ts";

interface TotpDeps {
  factors: TotpStore;
  totp: TotpVault;
}

interface TotpInput {
  staff: StoredStaff;
  session: Pick<StoredStaff["sessions"][number], "id">;
  /** The database's time. */
  now: Date;
  request: EventOrigin;
}

interface ProofInput {
  currentPassword: string;
  proof: Proof;
}

interface ShownInput {
  shown: Parameters<typeof checkFactor>[2];
}

/** Milliseconds for which a seed that was offered can be confirmed. */
const offerLives = 15 * 60_000;

const about = ({ staff, request }: Pick<TotpInput, "staff" | "request">) => ({
  request,
  subject: staff._id,
  actor: { kind: "staff" as const, id: staff._id },
});

/**
 * Offers a seed for an authenticator. It counts once its first code has come.
 * @throws Failure TOTP_ACTIVE, or whatever `provePassword` throws
 */
export async function offerTotp(
  { factors, totp, ...proving }: TotpDeps & ProofDeps,
  { currentPassword: password, proof, ...input }: Omit<TotpInput, "now"> & ProofInput,
): Promise<{ secret: string; url: string }> {
  const { staff, request } = input;
  if (staff.totp) throw new Failure("TOTP_ACTIVE");
  const { actor } = about(input);
  await provePassword(proving, { account: staff, password, proof, request, actor });
  const secret = newSeed();
  const seed = await totp.seal(staff._id, secret);
  const event = securityEvent("staff_totp_offered", about(input));
  if (!(await factors.offer({ staff, seed, proof, event, usage: request.usage }))) {
    throw new Failure("CHANGED_MEANWHILE");
  }
  return { secret, url: otpauthUrl(secret, staff.username) };
}

/**
 * Puts the seed that was offered in force, and ends all other sessions.
 * @returns the recovery codes, which are kept nowhere
 * @throws Failure TOTP_INACTIVE if none was offered within 15 minutes; CODE_WRONG; CHANGED_MEANWHILE
 */
export async function confirmTotp(
  { factors, totp }: TotpDeps,
  { code, ...input }: TotpInput & { code: string },
): Promise<string[]> {
  const { staff, session, now, request } = input;
  const pending = staff.pendingTotp;
  if (!pending || now.getTime() - pending.at.getTime() > offerLives) {
    throw new Failure("TOTP_INACTIVE");
  }
  // Whoever asks was shown the seed, so guesses need not be counted: there is nothing to guess.
  const step = stepOf(await totp.unseal(staff._id, pending.seed), code, now);
  if (step === undefined) throw new Failure("CODE_WRONG");
  const { texts, hashes } = await totp.recoveryCodes(staff._id);
  const event = securityEvent("staff_totp_enabled", about(input));
  const done = await factors.confirm({
    staff,
    seed: pending.seed,
    step,
    recovery: hashes,
    session,
    event,
    usage: request.usage,
  });
  if (done) return texts;
  throw new Failure("CHANGED_MEANWHILE");
}

/**
 * Takes the second factor away, for the password and the factor itself, and ends all other sessions.
 * @throws Failure TOTP_INACTIVE; TOTP_REQUIRED if it was not shown; INVALID_CREDENTIALS if it is
 * wrong, which counts as a wrong password does; VALIDATION_FAILED if the password is too short to
 * be the only factor; or whatever `provePassword` throws
 */
export async function removeTotp(
  { factors, totp, ...proving }: TotpDeps & ProofDeps,
  { currentPassword: password, proof, shown, ...input }: TotpInput & ProofInput & ShownInput,
): Promise<void> {
  const { staff, session, now, request } = input;
  if (!staff.totp) throw new Failure("TOTP_INACTIVE");
  const { actor } = about(input);
  await provePassword(proving, { account: staff, password, proof, request, actor });
  const factor = await checkFactor(totp, staff, shown, now);
  if (factor === "wrong") {
    await failProof(proof, { ...about(input), details: { reason: "invalid_second_factor" } });
    throw new Failure("INVALID_CREDENTIALS");
  }
  if (factor === "missing") throw new Failure("TOTP_REQUIRED");
  const least = (await proving.settings.current()).staff.passwordMinLength;
  if ([...password.normalize("NFC")].length < least) {
    const message = `Change it to one of at least ${least} characters first: it will be the only factor.`;
    throw new Failure("VALIDATION_FAILED", { errors: [{ path: "current_password", message }] });
  }
  const event = securityEvent("staff_totp_disabled", about(input));
  if (await factors.remove({ staff, factor, session, proof, event, usage: request.usage })) return;
  throw new Failure("CHANGED_MEANWHILE");
}
