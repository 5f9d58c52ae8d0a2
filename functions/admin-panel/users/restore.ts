import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, settings, staff, users } from "../../../lib/runtime.ts";
import { Reason } from "../../../lib/staff/users/rules.ts";
import { restoreUser } from "../../../lib/staff/users/suspend-user.ts";

/** POST /v1/admin-panel/users/{id}/restore */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  body: Reason,
  reply: Done,
  fails: ["CHANGED_MEANWHILE"],
  run: async ({ staff, path, body: { reason }, request }) => {
    await restoreUser({ users, settings }, { staff, account: path.id, reason, request });
    return done("The user is let in again.");
  },
});
