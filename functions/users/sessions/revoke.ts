import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, session, sessions } from "../../../lib/runtime.ts";
import { revokeSession } from "../../../lib/sessions/revoke-session.ts";

/** DELETE /v1/users/sessions/{id} */
export const handler = endpoint({
  guard: session(),
  path: z.object({ id: idCodec }),
  reply: Done,
  run: async ({ account, path, request }) => {
    await revokeSession({ sessions }, { account, id: path.id, request });
    return done("The session is ended.");
  },
});
