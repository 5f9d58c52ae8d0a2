import type { ObjectId } from "mongodb";
import { lockKeys } from "../../accounts/attempts.ts";
import { Failure } from "../../errors.ts";
import { type EventOrigin, securityEvent } from "../../security/events.ts";
import { type ActingStaff, actorOf } from "./actor.ts";
import type { UserStore } from "./user-store.ts";

interface UnlockInput {
  staff: ActingStaff;
  account: ObjectId;
  request: EventOrigin;
}

/** Ends the login locks of a user's two names, and of changes that need the password. @throws Failure NOT_FOUND */
export async function unlockUser(
  { users }: { users: Pick<UserStore, "find" | "unlock"> },
  { staff, account, request }: UnlockInput,
): Promise<void> {
  const found = await users.find(account);
  if (!found) throw new Failure("NOT_FOUND");
  const event = securityEvent("user_unlocked", {
    request,
    subject: account,
    actor: actorOf(staff),
  });
  const done = await users.unlock(account, lockKeys(found.user), {
    event,
    usage: request.usage,
  });
  if (!done) throw new Failure("NOT_FOUND");
}
