import type { ObjectId } from "mongodb";
import { Failure } from "../errors.ts";
import type { EventOrigin } from "../security/events.ts";
import type { ProfileStore } from "./profile-store.ts";
import type { ProfileChanges } from "./rules.ts";

interface UpdateInput {
  account: { _id: ObjectId };
  /** What is missing or null stays. */
  changes: ProfileChanges;
  request: Pick<EventOrigin, "usage">;
}

/** Changes what people say about themselves. @throws Failure SESSION_INVALID if the account was closed meanwhile */
export async function updateProfile(
  { profiles }: { profiles: ProfileStore },
  { account, changes, request }: UpdateInput,
): Promise<void> {
  const { name, about_me: aboutMe, hobbies, log_messages: logMessages } = changes;
  const given = Object.entries({ name, aboutMe, hobbies, logMessages }).filter(
    ([, value]) => value != null,
  );
  if (given.length === 0) return;
  const done = await profiles.update(account._id, Object.fromEntries(given), request.usage);
  if (!done) throw new Failure("SESSION_INVALID");
}
