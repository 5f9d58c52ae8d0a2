import { Failure } from "../errors.ts";
import type { Settings } from "../settings/rules.ts";

/**
 * A new address is always verified; an account's first one only where the service asks for it.
 * @throws Failure VERIFICATION_OFF or ALREADY_VERIFIED if there is nothing to verify
 */
export function needsVerification(
  { verified, pendingEmail }: { verified: boolean; pendingEmail?: string | undefined },
  { required }: Settings["verification"],
): void {
  if (pendingEmail !== undefined) return;
  if (!required) throw new Failure("VERIFICATION_OFF");
  if (verified) throw new Failure("ALREADY_VERIFIED");
}
