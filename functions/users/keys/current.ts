import { ApiKeyInfo } from "../../../lib/keys/rules.ts";
import { showKey } from "../../../lib/keys/show-key.ts";
import { endpoint, session, settings } from "../../../lib/runtime.ts";

/** GET /v1/users/api-key */
export const handler = endpoint({
  guard: session(),
  reply: ApiKeyInfo,
  fails: ["EMAIL_NOT_VERIFIED", "API_KEY_MISSING"],
  run: (input) => showKey({ settings }, input),
});
