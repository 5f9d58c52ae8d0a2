import type * as z from "zod";
import { scopes } from "../accounts/document.ts";
import type { EventOrigin } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import { createKey } from "./create-key.ts";
import { type RotateDeps, replaceSecret } from "./replace-secret.ts";
import { type ApiKeyInfo, firstKeyName, type NewKeyRequest, primaryKey } from "./rules.ts";
import type { KeyStore } from "./store.ts";

interface RegenerateDeps extends RotateDeps {
  keys: Pick<KeyStore, "add" | "rotate">;
}

interface RegenerateInput {
  account: SignedInAccount;
  now: Date;
  idempotencyKey: string | undefined;
  request: EventOrigin;
}

/**
 * A new secret for the account's first key, whose old one ends at once; or a first key, if it has none.
 * @throws Failure as `createKey` and `replaceSecret`
 */
export async function regenerateKey(
  deps: RegenerateDeps,
  input: RegenerateInput,
): Promise<z.output<typeof ApiKeyInfo>> {
  const key = primaryKey(input.account.keys, input.now);
  const text = key
    ? (await replaceSecret(deps, { ...input, key, overlap: 0 })).text
    : (await createKey(deps, { ...input, body: firstKey })).api_key;
  return {
    success: true,
    message: "Keep this key: it is shown only now. The one before has ended.",
    api_key: text,
  };
}

const firstKey: NewKeyRequest = {
  name: firstKeyName,
  scopes: [...scopes],
  expires_at: null,
  allowed_addresses: null,
  credit_limit: null,
};
