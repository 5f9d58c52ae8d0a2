import type * as z from "zod";
import { Failure } from "../errors.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { type ApiKeyInfo, primaryKey, requireVerified } from "./rules.ts";

/**
 * The account's first key, masked: only its hash is stored.
 * @throws Failure EMAIL_NOT_VERIFIED or API_KEY_MISSING
 */
export async function showKey(
  { settings }: { settings: SettingsReader },
  { account, now }: { account: SignedInAccount; now: Date },
): Promise<z.output<typeof ApiKeyInfo>> {
  requireVerified(account, await settings.current());
  const key = primaryKey(account.keys, now);
  if (!key) throw new Failure("API_KEY_MISSING");
  return {
    success: true,
    message:
      "Keys are shown once, when they are made. POST /v1/users/api-key/regenerate makes a new one and ends this one.",
    api_key: key.masked,
  };
}
