import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, staff, users } from "../../../lib/runtime.ts";
import { SupportUser, viewVisibleUser } from "../../../lib/staff/users/view-user.ts";

/** GET /v1/support/users/{id} */
export const handler = endpoint({
  guard: staff({ support: "can_view_users" }),
  path: z.object({ id: idCodec }),
  reply: SupportUser,
  run: ({ path, role: { staffLevel: level } }) =>
    viewVisibleUser({ users }, { id: path.id, level }),
});
