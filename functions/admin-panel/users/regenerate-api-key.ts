import * as z from "zod";
import { withIdempotencyKey } from "../../../lib/http/guards/idempotency-key.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, keys, secretKeys, settings, staff, users } from "../../../lib/runtime.ts";
import { KeyRegenerated, regenerateUserKey } from "../../../lib/staff/users/regenerate-user-key.ts";

const guard = withIdempotencyKey(staff({ admin: "user_management" }));

/** POST /v1/admin-panel/users/{id}/regenerate-api-key */
export const handler = endpoint({
  guard,
  path: z.object({ id: idCodec }),
  reply: KeyRegenerated,
  fails: ["API_KEY_MISSING"],
  run: ({ path, ...input }) =>
    regenerateUserKey({ users, keys, secretKeys, settings }, { ...input, account: path.id }),
});
