import * as z from "zod";
import { withIdempotencyKey } from "../../../lib/http/guards/idempotency-key.ts";
import { idCodec } from "../../../lib/ids.ts";
import { rotateKey } from "../../../lib/keys/rotate-key.ts";
import { KeyShownOnce, RotateRequest } from "../../../lib/keys/rules.ts";
import { endpoint, keys, secretKeys, session, settings } from "../../../lib/runtime.ts";

const guard = withIdempotencyKey(session());

/** POST /v1/users/keys/{id}/rotate */
export const handler = endpoint({
  guard,
  path: z.object({ id: idCodec }),
  body: RotateRequest,
  reply: KeyShownOnce,
  fails: ["EMAIL_NOT_VERIFIED"],
  run: ({ body, path, ...input }) =>
    rotateKey(
      { keys, secretKeys, settings },
      { ...input, id: path.id, overlapSeconds: body.overlap_seconds },
    ),
});
