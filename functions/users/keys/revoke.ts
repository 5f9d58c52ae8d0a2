import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { revokeKey } from "../../../lib/keys/revoke-key.ts";
import { endpoint, keys, session } from "../../../lib/runtime.ts";

/** DELETE /v1/users/keys/{id} */
export const handler = endpoint({
  guard: session(),
  path: z.object({ id: idCodec }),
  reply: Done,
  run: async ({ account, path, request }) => {
    await revokeKey({ keys }, { account, id: path.id, request });
    return done("The key is revoked.");
  },
});
