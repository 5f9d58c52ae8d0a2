import type { ObjectId } from "mongodb";
import { Failure } from "../../errors.ts";
import { type EventOrigin, securityEvent } from "../../security/events.ts";
import { type ActingStaff, actorOf, staffName } from "./actor.ts";
import type { UserStore } from "./user-store.ts";

interface DeleteInput {
  staff: ActingStaff;
  account: ObjectId;
  reason: string;
  request: EventOrigin;
}

/** Closes a user's account for good; a job removes it once nothing of it is open. @throws Failure NOT_FOUND */
export async function deleteUser(
  { users }: { users: Pick<UserStore, "close"> },
  { staff, account, reason, request }: DeleteInput,
): Promise<void> {
  const event = securityEvent("user_deleted", {
    request,
    subject: account,
    actor: actorOf(staff),
    details: { reason },
  });
  const recorded = { event, usage: request.usage };
  const done = await users.close(account, { by: staffName(staff), reason }, recorded);
  if (!done) throw new Failure("NOT_FOUND");
}
