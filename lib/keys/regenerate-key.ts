import { scopes } from "../accounts/document.ts";
import type { DerivedKeys } from "../security/derived-key.ts";
import type { EventOrigin } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import type { SettingsReader } from "../settings/reader.ts";
import { createKey } from "./create-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { firstKeyName, primaryKey } from "./rules.ts";
import type { KeyStore } from "./store.ts";

interface RegenerateDeps {
  keys: Pick<KeyStore, "add" | "rotate">;
  secretKeys: DerivedKeys;
  settings: SettingsReader;
}

interface RegenerateInput {
  account: SignedInAccount;
  now: Date;
  idempotencyKey: string | undefined;
  request: EventOrigin;
}

/**
 * A new secret for the account's first key, whose old one ends at once; or a first key, if it has none.
 * @throws Failure as `createKey` and `rotateKey`
 */
export async function regenerateKey(
  deps: RegenerateDeps,
  { account, now, idempotencyKey, request }: RegenerateInput,
): Promise<string> {
  const key = primaryKey(account.keys, now);
  if (!key) {
    const body = {
      name: firstKeyName,
      scopes: [...scopes],
      expires_at: null,
      allowed_addresses: null,
      credit_limit: null,
    };
    const made = await createKey(deps, { account, now, body, request });
    return made.api_key;
  }
  const rotation = { account, key, now, overlap: 0, idempotencyKey, request };
  return (await rotateKey(deps, rotation)).text;
}
