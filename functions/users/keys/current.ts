import { ApiKeyInfo } from "../../../lib/keys/rules.ts";
import { showKey } from "../../../lib/keys/show-key.ts";
import { endpoint, session, settings } from "../../../lib/runtime.ts";

/** GET /v1/users/api-key */
export const handler = endpoint({
  guard: session(),
  reply: ApiKeyInfo,
  run: (input) => showKey({ settings }, input),
});
