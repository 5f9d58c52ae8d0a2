import { createKey } from "../../../lib/keys/create-key.ts";
import { KeyShownOnce, NewKeyRequest } from "../../../lib/keys/rules.ts";
import { endpoint, keys, session, settings } from "../../../lib/runtime.ts";

/** POST /v1/users/keys */
export const handler = endpoint({
  guard: session(),
  body: NewKeyRequest,
  reply: KeyShownOnce,
  status: 201,
  fails: ["EMAIL_NOT_VERIFIED", "KEY_LIMIT_REACHED"],
  run: (input) => createKey({ keys, settings }, input),
});
