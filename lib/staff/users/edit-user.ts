import type { ObjectId } from "mongodb";
import { Failure } from "../../errors.ts";
import { type EventOrigin, type SecurityEventType, securityEvent } from "../../security/events.ts";
import type { SettingsReader } from "../../settings/reader.ts";
import type { SupportLevel } from "../permissions.ts";
import { type ActingStaff, actorOf, staffName } from "./actor.ts";
import { figures } from "./change-credits.ts";
import { type Edit, planEdit } from "./edit.ts";
import type { NewPosting } from "./new-posting.ts";
import type { UserChanges } from "./rules.ts";
import type { UserAccount } from "./user.ts";
import type { UserStore } from "./user-store.ts";

export interface EditDeps {
  users: Pick<UserStore, "find" | "edit">;
  settings: SettingsReader;
}

export interface EditInput {
  staff: ActingStaff;
  account: ObjectId;
  changes: UserChanges;
  /** What the change is recorded as; `user_updated` unless told. */
  type?: SecurityEventType;
  /** What the event tells beside the fields. */
  details?: { reason: string } | { staff_level: SupportLevel };
  request: EventOrigin;
}

/** What was done to a user. */
export interface Edited {
  edit: Edit;
  /** As the user was before. */
  before: UserAccount;
  /** The id of the posting that stands in the account, if the balance was set. */
  postingId: string | undefined;
}

/** Times that an edit is planned anew because something it changes was changed by another. */
const mostTries = 5;

/**
 * Changes a user as staff may. All of it is one statement: it holds from the next request on, or not
 * at all. A new balance is a posting, which is left open. If nothing differs nothing is recorded.
 * @throws Failure NOT_FOUND; VALIDATION_FAILED for a plan that does not exist; ALREADY_TAKEN for an
 * address; CREDITS_OUT_OF_RANGE; or CHANGED_MEANWHILE
 */
export async function editUser(
  { users, settings }: EditDeps,
  input: EditInput,
): Promise<Edited | undefined> {
  const { account, changes } = input;
  const current = await settings.current();
  requirePlan(changes, current.plans);
  for (let count = 0; count < mostTries; count += 1) {
    const found = await users.find(account);
    if (!found || found.user.status === "deleting") throw new Failure("NOT_FOUND");
    const { user, now } = found;
    const edit = planEdit(changes, user, { settings: current, now });
    if (edit.details.fields.length === 0) return undefined;
    requireRange(edit, user, now);
    const posting = postingOf(input, edit);
    const event = eventOf(input, edit);
    const { usage } = input.request;
    const outcome = await users.edit({ account, edit, posting, event, usage });
    if (outcome === "taken") throw taken();
    if (outcome === "done") {
      const postingId = edit.creditsLeft === undefined ? undefined : posting.id;
      return { edit, before: user, postingId };
    }
  }
  throw new Failure("CHANGED_MEANWHILE", { retryAfter: 1 });
}

function requirePlan(
  { subscription_plan: plan }: UserChanges,
  plans: Record<string, unknown>,
): void {
  if (plan == null || Object.hasOwn(plans, plan)) return;
  const message = `must be one of ${Object.keys(plans).join(", ")}`;
  throw new Failure("VALIDATION_FAILED", { errors: [{ path: "subscription_plan", message }] });
}

/** What is left in all can't be less than what the day's allowance has left. */
function requireRange({ creditsLeft, set }: Edit, user: UserAccount, now: Date): void {
  if (creditsLeft === undefined) return;
  const perDay = set["allowance.perDay"] ?? user.allowance.perDay;
  const credits = figures({ ...user, allowance: { ...user.allowance, perDay }, now });
  if (creditsLeft < credits.allowance) {
    throw new Failure("CREDITS_OUT_OF_RANGE", { extra: { credits } });
  }
}

const postingOf = ({ staff, account, request }: EditInput, { creditsLeft }: Edit): NewPosting => ({
  id: `${account.toHexString()}:staff:${request.id}`,
  kind: "staff-edit",
  reason: `credits left in all set to ${creditsLeft}`,
  actor: staffName(staff),
});

const eventOf = ({ staff, account, type, details, request }: EditInput, edit: Edit) =>
  securityEvent(type ?? "user_updated", {
    request,
    subject: account,
    actor: actorOf(staff),
    details: { ...edit.details, ...details },
  });

function taken(): Failure {
  const message = "Another account has this address.";
  return new Failure("ALREADY_TAKEN", { errors: [{ path: "email", message }] });
}
