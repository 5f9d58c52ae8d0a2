import * as z from "zod";
import { idCodec } from "../../../../lib/ids.ts";
import { endpoint, staff, userRecords } from "../../../../lib/runtime.ts";
import { listUserSessions, UserSessions } from "../../../../lib/staff/users/user-sessions.ts";

/** GET /v1/admin-panel/users/{id}/sessions */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  reply: UserSessions,
  run: ({ path }) => listUserSessions({ records: userRecords }, path.id),
});
