import { stepOf, type TotpVault } from "../security/totp.ts";
import type { StoredStaff } from "./document.ts";

/** What a login or a change uses up of a second factor, in the statement that it is part of. */
export type SpentFactor =
  | { kind: "none" }
  | { kind: "code"; step: number }
  | { kind: "recovery"; hash: string };

interface ShownFactor {
  totp_code?: string | undefined;
  recovery_code?: string | undefined;
}

/**
 * Whether what was shown is the member's second factor; whoever has none needs none. A code of a time
 * step that was used, or of an earlier one, is wrong (RFC 6238, section 5.2).
 */
export async function checkFactor(
  vault: Pick<TotpVault, "unseal" | "recoveryHash">,
  { _id, totp }: Pick<StoredStaff, "_id" | "totp">,
  { totp_code: code, recovery_code: recovery }: ShownFactor,
  now: Date,
): Promise<SpentFactor | "missing" | "wrong"> {
  if (!totp) return { kind: "none" };
  if (code !== undefined) {
    const step = stepOf(await vault.unseal(_id, totp.seed), code, now);
    return step !== undefined && step > totp.lastStep ? { kind: "code", step } : "wrong";
  }
  if (recovery === undefined) return "missing";
  const hash = await vault.recoveryHash(_id, recovery);
  return totp.recovery.includes(hash) ? { kind: "recovery", hash } : "wrong";
}
