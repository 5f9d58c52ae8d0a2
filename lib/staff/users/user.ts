import * as z from "zod";
import { StoredAccount } from "../../accounts/document.ts";
import { Profile, profileOf } from "../../accounts/profile.ts";
import { type SupportLevel, type UserField, visibleFields } from "../permissions.ts";

/** Of an account, what staff sees of it. */
export const UserAccount = StoredAccount.pick({
  _id: true,
  username: true,
  name: true,
  email: true,
  pendingEmail: true,
  aboutMe: true,
  hobbies: true,
  userType: true,
  createdAt: true,
  plan: true,
  allowance: true,
  balance: true,
  conversations: true,
  rTypes: true,
  level: true,
  notes: true,
  verified: true,
  status: true,
  logMessages: true,
  passwordIsTemporary: true,
  lastLoginAt: true,
  lastActivityAt: true,
}).strip();
export type UserAccount = z.output<typeof UserAccount>;

/** A user as admins see it. */
export const User = Profile.extend({
  is_active: z.boolean(),
  /** `deleting`: it is removed once no request of it is open. */
  status: StoredAccount.shape.status,
  /** Whether the password was set by staff and must be changed. */
  password_is_temporary: z.boolean(),
});
export type User = z.output<typeof User>;

/** A user as somebody of support sees it: what the level may not see is absent. */
export const VisibleUser = User.partial();
type VisibleUser = z.output<typeof VisibleUser>;

/** An account in the words of the API, as it is at `now`. */
export const userOf = (account: UserAccount, now: Date): User => ({
  ...profileOf(account, now),
  is_active: account.status === "active",
  status: account.status,
  password_is_temporary: account.passwordIsTemporary ?? false,
});

/** What is left of a user for a level. */
export function visibleTo(level: SupportLevel, user: User): VisibleUser {
  const visible = new Set<string>(visibleFields(level) satisfies UserField[]);
  return Object.fromEntries(Object.entries(user).filter(([name]) => visible.has(name)));
}
