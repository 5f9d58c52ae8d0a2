import * as z from "zod";
import { withIdempotencyKey } from "../../../lib/http/guards/idempotency-key.ts";
import { hexId } from "../../../lib/ids.ts";
import { ownKey } from "../../../lib/keys/own-key.ts";
import { rotateKey } from "../../../lib/keys/rotate-key.ts";
import { KeyShownOnce, RotateRequest } from "../../../lib/keys/rules.ts";
import { viewKey } from "../../../lib/keys/view-key.ts";
import { endpoint, keys, secretKeys, session, settings } from "../../../lib/runtime.ts";

const guard = withIdempotencyKey(session());

/** POST /v1/users/keys/{id}/rotate */
export const handler = endpoint({
  guard,
  path: z.object({ id: hexId }),
  body: RotateRequest,
  reply: KeyShownOnce,
  run: async ({ body, path, ...input }) => {
    const key = ownKey(input.account.keys, path.id);
    const overlap = body.overlap_seconds * 1_000;
    const deps = { keys, secretKeys, settings };
    const rotated = await rotateKey(deps, { ...input, key, overlap });
    return {
      success: true as const,
      message: "Keep this key: it is shown only now.",
      api_key: rotated.text,
      key: viewKey(rotated.key, input.now),
    };
  },
});
