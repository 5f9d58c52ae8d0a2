import * as z from "zod";
import { Done, done } from "../../../lib/http/done.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, staff, users } from "../../../lib/runtime.ts";
import { deleteUser } from "../../../lib/staff/users/delete-user.ts";
import { DeletionQuery } from "../../../lib/staff/users/rules.ts";

/** DELETE /v1/admin-panel/users/{id} */
export const handler = endpoint({
  guard: staff({ admin: "super" }),
  path: z.object({ id: idCodec }),
  query: DeletionQuery,
  reply: Done,
  run: async ({ staff, path, query: { reason }, request }) => {
    await deleteUser({ users }, { staff, account: path.id, reason, request });
    return done("The account is closed, and is removed once nothing of it is open.");
  },
});
