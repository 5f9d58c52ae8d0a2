import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import { type EventOrigin, securityEvent } from "../security/events.ts";
import type { SignedInAccount } from "../sessions/store.ts";
import { ownKey } from "./own-key.ts";
import type { KeyStore } from "./store.ts";

interface RevokeInput {
  account: SignedInAccount;
  id: ObjectId;
  request: EventOrigin;
}

/** Ends a key with all its secrets, from the next request on. @throws Failure NOT_FOUND */
export async function revokeKey(
  { keys }: { keys: Pick<KeyStore, "revoke"> },
  { account, id, request }: RevokeInput,
): Promise<void> {
  const key = ownKey(account.keys, id);
  const details = { key_id: id.toHexString(), key: key.masked };
  const event = securityEvent("api_key_revoked", { request, subject: account._id, details });
  const recorded = { event, usage: request.usage };
  if (!(await keys.revoke(account._id, key.id, recorded))) throw new Failure("NOT_FOUND");
}
