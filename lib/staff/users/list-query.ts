import * as z from "zod";
import { Failure } from "../../errors.ts";
import { PageFacts, PageQuery } from "../../paging.ts";
import { control, without } from "../../text.ts";
import type { UserField } from "../permissions.ts";
import { User, VisibleUser } from "./user.ts";

/** Orders of lists of users; with `-` the other way round. */
const orders = [
  "-time_created",
  "time_created",
  "username",
  "-username",
  "email",
  "-email",
] as const;

const prefix = z.string().min(1).max(254).optional();

/** GET users, of admins and of support. */
export const UserListQuery = PageQuery.extend({
  /** A part of a username, a name or an address, in any case. */
  search: z.string().min(1).max(100).check(without(control)).optional(),
  /** How usernames begin, in any case: answered by an index. */
  username_prefix: prefix,
  /** How addresses begin, in any case: answered by an index. */
  email_prefix: prefix,
  user_type: z.enum(["Personal", "Business"]).optional(),
  /** `false`: suspended. Those that are being deleted stand only where this is not asked. */
  is_active: z.stringbool().optional(),
  is_verified: z.stringbool().optional(),
  subscription_plan: z.string().min(1).max(32).optional(),
  /** Newest first unless told; by the name that a prefix is asked of. */
  sort: z.enum(orders).optional(),
});
export type UserListQuery = z.output<typeof UserListQuery>;

/** GET /v1/admin-panel/users */
export const UserList = PageFacts.extend({ users: z.array(User) });

/** GET /v1/support/users */
export const VisibleUserList = PageFacts.extend({
  users: z.array(VisibleUser),
  staff_level: z.string(),
});

/** Fields of users that a parameter of the list tells something of. */
const toldBy = {
  username_prefix: "username",
  email_prefix: "email",
  user_type: "user_type",
  is_active: "is_active",
  is_verified: "is_verified",
  subscription_plan: "subscription_plan",
} as const satisfies Partial<Record<keyof UserListQuery, UserField>>;

/** Fields that are searched. */
const searchable = ["username", "name", "email"] as const;
export type SearchedField = (typeof searchable)[number];

/** Fields that are searched for somebody who sees these. */
export const searchedFields = (visible: readonly UserField[]): SearchedField[] =>
  searchable.filter((field) => visible.includes(field));

/**
 * Refuses to filter or sort by what the caller does not see: the answer would tell of it.
 * @throws Failure FIELDS_NOT_ALLOWED naming the parameters
 */
export function requireVisible(query: UserListQuery, visible: readonly UserField[]): void {
  const sees = (field: string): boolean => visible.some((one) => one === field);
  const asked = Object.entries(toldBy).filter(
    ([parameter]) => query[parameter as keyof typeof toldBy] !== undefined,
  );
  const hidden = asked.filter(([, field]) => !sees(field)).map(([parameter]) => parameter);
  if (query.sort && !sees(query.sort.replace("-", ""))) hidden.push("sort");
  if (hidden.length === 0) return;
  const message = "You do not see this field.";
  throw new Failure("FIELDS_NOT_ALLOWED", {
    errors: hidden.map((path) => ({ path, message })),
  });
}

/**
 * The order of a list, and its field in the database.
 * @throws Failure VALIDATION_FAILED for a sort that the prefix's index does not give
 */
export function orderOf({ sort, username_prefix, email_prefix }: UserListQuery): {
  field: "_id" | "usernameKey" | "email";
  direction: 1 | -1;
} {
  const by = username_prefix ? "username" : email_prefix ? "email" : undefined;
  const order = sort ?? by ?? "-time_created";
  const name = order.replace("-", "");
  if (by !== undefined && name !== by) {
    throw new Failure("VALIDATION_FAILED", {
      errors: [{ path: "sort", message: `must be ${by} or -${by} with ${by}_prefix` }],
    });
  }
  const field = name === "username" ? "usernameKey" : name === "email" ? "email" : "_id";
  return { field, direction: order.startsWith("-") ? -1 : 1 };
}
