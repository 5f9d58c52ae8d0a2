import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, staff, users } from "../../../lib/runtime.ts";
import { User } from "../../../lib/staff/users/user.ts";
import { viewUser } from "../../../lib/staff/users/view-user.ts";

/** GET /v1/admin-panel/users/{id} */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  reply: User,
  run: ({ path }) => viewUser({ users }, path.id),
});
