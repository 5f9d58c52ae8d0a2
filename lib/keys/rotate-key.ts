import type { ObjectId } from "mongodb";
import type { EventOrigin } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import { ownKey } from "./own-key.ts";
import { type RotateDeps, replaceSecret } from "./replace-secret.ts";
import type { KeyShownOnce } from "./rules.ts";
import { viewKey } from "./view-key.ts";

interface RotateInput {
  account: SignedInAccount;
  now: Date;
  id: ObjectId;
  overlapSeconds: number;
  idempotencyKey: string | undefined;
  request: EventOrigin;
}

/** A new secret for one of an account's keys. @throws Failure NOT_FOUND, or EMAIL_NOT_VERIFIED */
export async function rotateKey(
  deps: RotateDeps,
  { id, overlapSeconds, ...input }: RotateInput,
): Promise<KeyShownOnce> {
  const key = ownKey(input.account.keys, id);
  const overlap = overlapSeconds * 1_000;
  const replaced = await replaceSecret(deps, { ...input, key, overlap });
  return {
    success: true,
    message: "Keep this key: it is shown only now.",
    api_key: replaced.text,
    key: viewKey(replaced.key, input.now),
  };
}
