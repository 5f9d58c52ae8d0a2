import { ObjectId } from "mongodb";
import { lockKeys } from "../accounts/attempts.ts";
import { passwordProblems } from "../accounts/password-rules.ts";
import type { AddressGuard } from "../addresses/guard.ts";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { PasswordHasher } from "../security/password.ts";
import { parseToken } from "../security/token.ts";
import type { SettingsReader } from "../settings/reader.ts";
import type { CodeStore } from "./code-store.ts";
import type { Mailer } from "./mailer.ts";
import type { OneTimeCodes } from "./one-time-code.ts";
import type { RedemptionStore } from "./redemption-store.ts";

interface ConfirmDeps {
  codes: Pick<OneTimeCodes, "hash">;
  codeRecords: Pick<CodeStore, "find">;
  redemptions: Pick<RedemptionStore, "resetPassword">;
  passwords: Pick<PasswordHasher, "hash">;
  settings: SettingsReader;
  mailer: Mailer;
  addresses: Pick<AddressGuard, "require">;
}

interface ConfirmInput {
  token: string;
  password: string;
  request: EventOrigin;
}

/**
 * Exchanges the token of a link for a new password. It ends the account's sessions and its lock, and
 * the keys of one that was never verified, and is told to its address. A password that breaks a rule
 * leaves the link as it is.
 * @throws Failure RESET_TOKEN_INVALID, VALIDATION_FAILED for the password, or ADDRESS_NOT_ALLOWED
 * for a good link at an address that the account's rules shut out
 */
export async function confirmPasswordReset(
  { codes, codeRecords, redemptions, passwords, settings, mailer, addresses }: ConfirmDeps,
  { token, password, request }: ConfirmInput,
): Promise<void> {
  const parsed = parseToken("reset", token);
  if (!parsed) throw new Failure("RESET_TOKEN_INVALID");
  const id = ObjectId.createFromHexString(parsed.accountId);
  const found = await codeRecords.find({ _id: id });
  const sent = found?.account.codes.passwordReset;
  const hash = await codes.hash("passwordReset", id, token);
  if (!found || sent?.hash !== hash || sent.expiresAt <= found.now) {
    throw new Failure("RESET_TOKEN_INVALID");
  }
  await addresses.require({ account: parsed.accountId }, request.ip);
  const { account } = found;
  request.usage?.of(found);
  const { minLength, argon2id } = (await settings.current()).passwords;
  const errors = passwordProblems("new_password", password, account, minLength);
  if (errors.length > 0) throw new Failure("VALIDATION_FAILED", { errors });

  const done = await redemptions.resetPassword({
    account: id,
    hash,
    passwordHash: await passwords.hash(password, argon2id),
    forget: lockKeys(account),
    event: securityEvent("password_reset", { request, subject: id }),
    usage: request.usage,
  });
  if (!done) throw new Failure("RESET_TOKEN_INVALID");
  await mailer.sendOrQueue({ account: id, purpose: "passwordChanged" });
}
