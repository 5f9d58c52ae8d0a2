import type { ObjectId } from "mongodb";
import * as z from "zod";
import { Failure } from "../../errors.ts";
import {
  permissionsOf,
  type SupportLevel,
  supportLevels,
  supportPermissions,
} from "../permissions.ts";
import { type User, userOf, VisibleUser, visibleTo } from "./user.ts";
import type { UserStore } from "./user-store.ts";

/** GET /v1/support/users/{id} */
export const SupportUser = z.object({
  user: VisibleUser,
  staff_level: z.enum(supportLevels),
  permissions: z.record(z.enum(supportPermissions), z.boolean()),
});

interface ViewDeps {
  users: Pick<UserStore, "find">;
}

/** A user as admins see it. @throws Failure NOT_FOUND */
export async function viewUser({ users }: ViewDeps, id: ObjectId): Promise<User> {
  const found = await users.find(id);
  if (!found) throw new Failure("NOT_FOUND");
  return userOf(found.user, found.now);
}

/** A user as somebody of support sees it. @throws Failure NOT_FOUND */
export async function viewVisibleUser(
  deps: ViewDeps,
  { id, level }: { id: ObjectId; level: SupportLevel },
): Promise<z.output<typeof SupportUser>> {
  const user = visibleTo(level, await viewUser(deps, id));
  return { user, staff_level: level, permissions: permissionsOf(level) };
}
