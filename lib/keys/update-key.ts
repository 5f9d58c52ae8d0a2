import type { ObjectId } from "mongodb";
import type * as z from "zod";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import { ownKey } from "./own-key.ts";
import { type KeyChanged, type KeyChanges, type KeyView, requireFuture } from "./rules.ts";
import type { KeyStore } from "./store.ts";
import { viewKey } from "./view-key.ts";

interface UpdateInput {
  account: SignedInAccount;
  now: Date;
  id: ObjectId;
  changes: KeyChanges;
  request: EventOrigin;
}

/**
 * Renames a key or changes what it may do; its secret stays.
 * @throws Failure NOT_FOUND, or VALIDATION_FAILED for an expiry that has passed
 */
export async function updateKey(
  { keys }: { keys: Pick<KeyStore, "update"> },
  { account, now, id, changes, request }: UpdateInput,
): Promise<z.output<typeof KeyChanged>> {
  const key = ownKey(account.keys, id);
  requireFuture(changes.expires_at, now);
  const fields = Object.entries(changes).filter(([, value]) => value !== undefined);
  if (fields.length === 0) return answer(viewKey(key, now));
  const event = securityEvent("api_key_updated", {
    request,
    subject: account._id,
    details: { key_id: id.toHexString(), fields: fields.map(([field]) => field).join(", ") },
  });
  const { name, scopes, expires_at, allowed_addresses, credit_limit } = changes;
  const found = await keys.update(
    account._id,
    key.id,
    { name, scopes, expiresAt: expires_at, allow: allowed_addresses, creditLimit: credit_limit },
    { event, usage: request.usage },
  );
  if (!found) throw new Failure("NOT_FOUND");
  const limit = changedTo(credit_limit, key.cap?.limit);
  const changed = {
    ...key,
    name: name ?? key.name,
    scopes: scopes ?? key.scopes,
    expiresAt: changedTo(expires_at, key.expiresAt),
    allow: changedTo(allowed_addresses, key.allow),
    cap: limit === undefined ? undefined : { limit, used: key.cap?.used ?? 0 },
  };
  return answer(viewKey(changed, now));
}

const answer = (key: KeyView) => ({
  success: true as const,
  message: "The key is changed.",
  key,
});

const changedTo = <Value>(change: Value | null | undefined, old: Value | undefined) =>
  change === undefined ? old : (change ?? undefined);
