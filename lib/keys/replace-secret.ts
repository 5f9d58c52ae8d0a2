import type { StoredKey } from "../accounts/document.ts";
import { Failure } from "../errors.ts";
import type { DerivedKeys } from "../security/derived-key.ts";
import { type EventOrigin, type SecurityEvent, securityEvent } from "../security/events.ts";
import { derivedSecret, makeToken } from "../security/token.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { masked } from "./new-key.ts";
import { requireVerified } from "./rules.ts";
import type { KeyStore } from "./store.ts";

/** Milliseconds for which a rotation can be asked again by its Idempotency-Key, beyond the overlap. */
const repeatableFor = 10 * 60_000;

export interface RotateDeps {
  keys: Pick<KeyStore, "rotate">;
  secretKeys: DerivedKeys;
  settings: SettingsReader;
}

interface ReplaceInput {
  account: Pick<SignedInAccount, "_id" | "verified">;
  key: StoredKey;
  now: Date;
  /** For how long the secret before stays good, in milliseconds. */
  overlap: number;
  idempotencyKey: string | undefined;
  request: EventOrigin;
  /** Who of staff does it in the user's place; then the address need not be verified. */
  staff?: NonNullable<SecurityEvent["actor"]>;
}

/**
 * Gives a key a new secret. With an idempotency key the secret is derived from the one before, so
 * that who lost the answer can ask again and gets the same key, until 10 min after the overlap.
 * @throws Failure EMAIL_NOT_VERIFIED, or NOT_FOUND if the key was revoked meanwhile
 */
export async function replaceSecret(
  { keys, secretKeys, settings }: RotateDeps,
  { account, key, now, overlap, idempotencyKey, request, staff }: ReplaceInput,
): Promise<{ text: string; key: StoredKey }> {
  if (!staff) requireVerified(account, await settings.current());
  const ids = { accountId: account._id.toHexString(), id: key.id.toHexString() };
  const hmacKey = idempotencyKey === undefined ? undefined : await secretKeys("key-rotation");
  const secretAfter = (hash: string) =>
    hmacKey && derivedSecret(hmacKey, `${hash} ${idempotencyKey}`);

  const [current, ...former] = key.secrets;
  if (!current) throw new Error("a key has no secret");
  if (hmacKey) {
    const repeatable = former.filter(({ until }) => isRepeatable(until, now));
    const made = repeatable.map(({ hash }) => makeToken("key", ids, secretAfter(hash)));
    const again = made.find(({ hash }) => hash === current.hash);
    if (again) return { text: again.text, key };
  }

  const { text, hash } = makeToken("key", ids, secretAfter(current.hash));
  const formerUntil = new Date(now.getTime() + overlap);
  const next = { hash, masked: masked(text), formerUntil };
  const event = securityEvent(staff ? "api_key_regenerated_by_admin" : "api_key_regenerated", {
    request,
    subject: account._id,
    ...(staff && { actor: staff }),
    details: { key_id: ids.id, old_key_prefix: key.masked, new_key_prefix: next.masked },
  });
  const recorded = { event, usage: request.usage };
  if (!(await keys.rotate(account._id, key.id, next, recorded))) throw new Failure("NOT_FOUND");
  const until = new Date(Math.min(formerUntil.getTime(), key.expiresAt?.getTime() ?? Infinity));
  return {
    text,
    key: { ...key, masked: next.masked, secrets: [{ hash }, { ...current, until }] },
  };
}

const isRepeatable = (until: Date | undefined, now: Date): boolean =>
  until !== undefined && now.getTime() < until.getTime() + repeatableFor;
