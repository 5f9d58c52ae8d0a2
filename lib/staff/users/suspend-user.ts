import type { ObjectId } from "mongodb";
import type { EventOrigin } from "../../security/events.ts";
import type { ActingStaff } from "./actor.ts";
import { type EditDeps, editUser } from "./edit-user.ts";

interface SuspendInput {
  staff: ActingStaff;
  account: ObjectId;
  reason: string;
  request: EventOrigin;
}

/**
 * Refuses everything to a user from the next request on. Keys and sessions stay, and work again once
 * the user is restored. Of one that is suspended already nothing is recorded.
 * @throws Failure NOT_FOUND or CHANGED_MEANWHILE
 */
export async function suspendUser(
  deps: EditDeps,
  { reason, ...input }: SuspendInput,
): Promise<void> {
  const changes = { is_active: false };
  await editUser(deps, { ...input, changes, type: "user_suspended", details: { reason } });
}

/** Lets a user in again. @throws Failure NOT_FOUND or CHANGED_MEANWHILE */
export async function restoreUser(
  deps: EditDeps,
  { reason, ...input }: SuspendInput,
): Promise<void> {
  const changes = { is_active: true };
  await editUser(deps, { ...input, changes, type: "user_restored", details: { reason } });
}
