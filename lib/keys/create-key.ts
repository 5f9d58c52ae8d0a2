import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { newKey } from "./new-key.ts";
import {
  type KeyShownOnce,
  mostKeys,
  type NewKeyRequest,
  requireFuture,
  requireVerified,
} from "./rules.ts";
import type { KeyStore } from "./store.ts";
import { viewKey } from "./view-key.ts";

interface CreateInput {
  account: SignedInAccount;
  now: Date;
  body: NewKeyRequest;
  request: EventOrigin;
}

/**
 * Makes a key and shows it once.
 * @throws Failure EMAIL_NOT_VERIFIED, VALIDATION_FAILED for an expiry that has passed, or KEY_LIMIT_REACHED
 */
export async function createKey(
  { keys, settings }: { keys: Pick<KeyStore, "add">; settings: SettingsReader },
  { account, now, body, request }: CreateInput,
): Promise<KeyShownOnce> {
  requireVerified(account, await settings.current());
  requireFuture(body.expires_at, now);
  if (account.keys.length >= mostKeys) throw new Failure("KEY_LIMIT_REACHED");
  const { stored, text } = newKey({
    accountId: account._id,
    now,
    name: body.name,
    scopes: body.scopes,
    expiresAt: body.expires_at ?? undefined,
    allow: body.allowed_addresses ?? undefined,
    creditLimit: body.credit_limit ?? undefined,
  });
  const event = securityEvent("api_key_created", {
    request,
    subject: account._id,
    details: { key_id: stored.id.toHexString(), key: stored.masked },
  });
  const added = await keys.add(account._id, stored, { event, usage: request.usage });
  if (!added) throw new Failure("KEY_LIMIT_REACHED");
  return {
    success: true,
    message: "Keep this key: it is shown only now.",
    api_key: text,
    key: viewKey(stored, now),
  };
}
