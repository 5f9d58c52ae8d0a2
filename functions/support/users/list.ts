import { endpoint, staff, userLists } from "../../../lib/runtime.ts";
import { UserListQuery, VisibleUserList } from "../../../lib/staff/users/list-query.ts";
import { listVisibleUsers } from "../../../lib/staff/users/list-users.ts";

/** GET /v1/support/users */
export const handler = endpoint({
  guard: staff({ support: "can_view_users" }),
  query: UserListQuery,
  reply: VisibleUserList,
  fails: ["FIELDS_NOT_ALLOWED", "SEARCH_TOO_BROAD"],
  run: ({ query, role: { staffLevel: level } }) =>
    listVisibleUsers({ lists: userLists }, { query, level }),
});
