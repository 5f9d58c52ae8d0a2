import { KeyList } from "../../../lib/keys/rules.ts";
import { viewKey } from "../../../lib/keys/view-key.ts";
import { endpoint, session } from "../../../lib/runtime.ts";

/** GET /v1/users/keys */
export const handler = endpoint({
  guard: session(),
  reply: KeyList,
  run: ({ account, now }) => ({
    success: true as const,
    keys: account.keys.map((key) => viewKey(key, now)),
  }),
});
