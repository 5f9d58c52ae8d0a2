import { endpoint, staff, userLists } from "../../../lib/runtime.ts";
import { UserList, UserListQuery } from "../../../lib/staff/users/list-query.ts";
import { listUsers } from "../../../lib/staff/users/list-users.ts";

/** GET /v1/admin-panel/users */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  query: UserListQuery,
  reply: UserList,
  fails: ["SEARCH_TOO_BROAD"],
  run: ({ query }) => listUsers({ lists: userLists }, query),
});
