import { createKey } from "../../../lib/keys/create-key.ts";
import { KeyShownOnce, NewKeyRequest } from "../../../lib/keys/rules.ts";
import { endpoint, keys, session, settings } from "../../../lib/runtime.ts";

/** POST /v1/users/keys */
export const handler = endpoint({
  guard: session(),
  body: NewKeyRequest,
  reply: KeyShownOnce,
  status: 201,
  run: (input) => createKey({ keys, settings }, input),
});
