import * as z from "zod";
import { Done, done } from "../../../../lib/http/done.ts";
import { idCodec } from "../../../../lib/ids.ts";
import { endpoint, sessions, staff } from "../../../../lib/runtime.ts";
import { endUserSessions } from "../../../../lib/staff/users/user-sessions.ts";

/** DELETE /v1/admin-panel/users/{id}/sessions/{session} */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec, session: idCodec }),
  reply: Done,
  run: async ({ staff, path: { id: account, session: which }, request }) => {
    await endUserSessions({ sessions }, { staff, account, which, request });
    return done("The session is ended.");
  },
});
