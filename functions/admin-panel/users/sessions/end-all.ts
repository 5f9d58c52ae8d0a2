import * as z from "zod";
import { Done, done } from "../../../../lib/http/done.ts";
import { idCodec } from "../../../../lib/ids.ts";
import { endpoint, sessions, staff } from "../../../../lib/runtime.ts";
import { endUserSessions } from "../../../../lib/staff/users/user-sessions.ts";

/** DELETE /v1/admin-panel/users/{id}/sessions */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  reply: Done,
  run: async ({ staff, path, request }) => {
    await endUserSessions({ sessions }, { staff, account: path.id, which: "all", request });
    return done("All sessions of the user are ended.");
  },
});
