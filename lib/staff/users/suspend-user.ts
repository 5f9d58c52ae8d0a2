import type { ObjectId } from "mongodb";
import type { Log } from "../../logger.ts";
import type { EventOrigin } from "../../security/events.ts";
import type { ActingStaff } from "./actor.ts";
import { changeUser } from "./change-user.ts";

interface SuspendInput {
  staff: ActingStaff;
  account: ObjectId;
  reason: string;
  request: EventOrigin & { log: Log };
}

type Deps = Parameters<typeof changeUser>[0];

/**
 * Refuses everything to a user from the next request on. Keys and sessions stay, and work again once
 * the user is restored. Of one that is suspended already nothing is recorded.
 * @throws Failure NOT_FOUND or CHANGED_MEANWHILE
 */
export const suspendUser = (deps: Deps, { reason, ...input }: SuspendInput): Promise<string[]> =>
  changeUser(deps, {
    ...input,
    changes: { is_active: false },
    type: "user_suspended",
    details: { reason },
  });

/** Lets a user in again. @throws Failure NOT_FOUND or CHANGED_MEANWHILE */
export const restoreUser = (deps: Deps, { reason, ...input }: SuspendInput): Promise<string[]> =>
  changeUser(deps, {
    ...input,
    changes: { is_active: true },
    type: "user_restored",
    details: { reason },
  });
