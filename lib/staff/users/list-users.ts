import type * as z from "zod";
import { Failure } from "../../errors.ts";
import { pageFacts, sliceOf } from "../../paging.ts";
import { type SupportLevel, type UserField, visibleFields } from "../permissions.ts";
import {
  orderOf,
  requireVisible,
  searchedFields,
  type UserList,
  type UserListQuery,
  type VisibleUserList,
} from "./list-query.ts";
import { type UserListStore, UserPosition } from "./list-store.ts";
import { userOf, visibleTo } from "./user.ts";

interface ListDeps {
  lists: UserListStore;
}

/** Users as admins see them. @throws Failure VALIDATION_FAILED or SEARCH_TOO_BROAD */
export const listUsers = (
  deps: ListDeps,
  query: UserListQuery,
): Promise<z.output<typeof UserList>> => list(deps, query, ["username", "name", "email"]);

/**
 * Users as somebody of support sees them, found by nothing that the level does not see.
 * @throws Failure FIELDS_NOT_ALLOWED, VALIDATION_FAILED or SEARCH_TOO_BROAD
 */
export async function listVisibleUsers(
  deps: ListDeps,
  { query, level }: { query: UserListQuery; level: SupportLevel },
): Promise<z.output<typeof VisibleUserList>> {
  const visible = visibleFields(level);
  requireVisible(query, visible);
  const { users, ...facts } = await list(deps, query, visible);
  return { users: users.map((user) => visibleTo(level, user)), ...facts, staff_level: level };
}

async function list(
  { lists }: ListDeps,
  query: UserListQuery,
  visible: readonly UserField[],
): Promise<z.output<typeof UserList>> {
  const { field } = orderOf(query);
  const slice = sliceOf(query, UserPosition);
  if (slice.after && slice.after[0] !== field) {
    throw new Failure("VALIDATION_FAILED", {
      errors: [{ path: "cursor", message: "must be the next_cursor of a list in this order" }],
    });
  }
  const found = await lists.list({ query, slice, searched: searchedFields(visible) });
  return {
    users: found.users.map(({ now, ...account }) => userOf(account, now)),
    ...pageFacts(query, found),
  };
}
