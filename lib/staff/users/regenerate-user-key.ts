import type { ObjectId } from "mongodb";
import * as z from "zod";
import { Failure } from "../../errors.ts";
import { type RotateDeps, replaceSecret } from "../../keys/replace-secret.ts";
import { primaryKey } from "../../keys/rules.ts";
import type { EventOrigin } from "../../security/events.ts";
import { type ActingStaff, actorOf } from "./actor.ts";
import type { UserStore } from "./user-store.ts";

export const KeyRegenerated = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({
    /** Shown this once. */
    api_key: z.string(),
  }),
});

interface RegenerateDeps extends RotateDeps {
  users: Pick<UserStore, "find">;
}

interface RegenerateInput {
  staff: ActingStaff;
  account: ObjectId;
  idempotencyKey: string | undefined;
  request: EventOrigin;
}

/**
 * A new secret for a user's first key; the one before ends at once. Also of a user whose address is
 * not verified: a key that leaked must end.
 * @throws Failure NOT_FOUND, or API_KEY_MISSING of a user without a key
 */
export async function regenerateUserKey(
  { users, ...rotating }: RegenerateDeps,
  { staff, account, idempotencyKey, request }: RegenerateInput,
): Promise<z.output<typeof KeyRegenerated>> {
  const found = await users.find(account);
  if (!found) throw new Failure("NOT_FOUND");
  const { user, now } = found;
  const key = primaryKey(user.keys, now);
  if (!key) throw new Failure("API_KEY_MISSING");
  const { text } = await replaceSecret(rotating, {
    account: user,
    key,
    now,
    overlap: 0,
    idempotencyKey,
    request,
    staff: actorOf(staff),
  });
  const message = "Give this key to its user: it is shown only now. The one before has ended.";
  return { success: true, message, data: { api_key: text } };
}
