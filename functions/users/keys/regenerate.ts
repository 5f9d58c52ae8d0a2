import { withIdempotencyKey } from "../../../lib/http/guards/idempotency-key.ts";
import { regenerateKey } from "../../../lib/keys/regenerate-key.ts";
import { ApiKeyInfo } from "../../../lib/keys/rules.ts";
import { endpoint, keys, secretKeys, session, settings } from "../../../lib/runtime.ts";

const guard = withIdempotencyKey(session());

/** POST /v1/users/api-key/regenerate */
export const handler = endpoint({
  guard,
  reply: ApiKeyInfo,
  fails: ["EMAIL_NOT_VERIFIED", "NOT_FOUND", "KEY_LIMIT_REACHED"],
  run: (input) => regenerateKey({ keys, secretKeys, settings }, input),
});
