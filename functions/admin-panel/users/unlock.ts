import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, staff, users } from "../../../lib/runtime.ts";
import { unlockUser } from "../../../lib/staff/users/unlock-user.ts";

/** POST /v1/admin-panel/users/{id}/unlock */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  reply: Done,
  run: async ({ staff, path, request }) => {
    await unlockUser({ users }, { staff, account: path.id, request });
    return done("The user may sign in again.");
  },
});
