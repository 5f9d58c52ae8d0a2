import type { ObjectId } from "mongodb";
import type { MailRoom } from "../../email/mail-room.ts";
import { Failure } from "../../errors.ts";
import type { Log } from "../../logger.ts";
import { type EventOrigin, type SecurityEventType, securityEvent } from "../../security/events.ts";
import type { SettingsReader } from "../../settings/reader.ts";
import { editableFields, type SupportLevel, type UserField } from "../permissions.ts";
import { type ActingStaff, actorOf, staffName } from "./actor.ts";
import { figures } from "./change-credits.ts";
import { type Edit, planEdit } from "./edit.ts";
import { finishNow } from "./finish-posting.ts";
import type { PostingStore } from "./posting-store.ts";
import type { UserChanges } from "./rules.ts";
import type { UserStore } from "./user-store.ts";

interface ChangeDeps {
  users: Pick<UserStore, "find" | "edit">;
  postings: Pick<PostingStore, "read" | "finish">;
  settings: SettingsReader;
  mailer: Pick<MailRoom, "sendOrQueue">;
}

interface ChangeInput {
  staff: ActingStaff;
  account: ObjectId;
  changes: UserChanges;
  /** What the change is recorded as; `user_updated` unless told. */
  type?: SecurityEventType;
  /** What the event tells beside the fields. */
  details?: { reason: string } | { staff_level: SupportLevel };
  request: EventOrigin & { log: Log };
}

/** Times that an edit is planned anew because something it changes was changed by another. */
const mostTries = 5;

/**
 * Changes a user as staff may. All of it is one statement: it holds from the next request on, or not
 * at all. A new balance is a posting.
 * @returns names of the fields that are another now
 * @throws Failure NOT_FOUND; VALIDATION_FAILED for a plan that does not exist; ALREADY_TAKEN for an
 * address; CREDITS_OUT_OF_RANGE; or CHANGED_MEANWHILE
 */
export async function changeUser(deps: ChangeDeps, input: ChangeInput): Promise<string[]> {
  const { account, changes, request } = input;
  const settings = await deps.settings.current();
  requirePlan(changes, settings.plans);
  for (let count = 0; count < mostTries; count += 1) {
    const found = await deps.users.find(account);
    if (!found || found.user.status === "deleting") throw new Failure("NOT_FOUND");
    const { user, now } = found;
    const edit = planEdit(changes, user, { settings, now });
    if (edit.details.fields.length === 0) return [];
    const left = figures({ ...user, ...withReset(edit, user), now });
    if (edit.creditsLeft !== undefined && edit.creditsLeft < left.allowance) {
      throw new Failure("CREDITS_OUT_OF_RANGE", { extra: { credits: left } });
    }
    const posting = postingOf(input, edit);
    const outcome = await deps.users.edit({ account, edit, posting, event: eventOf(input, edit) });
    if (outcome === "taken") throw taken();
    if (outcome === "changed") continue;
    if (edit.creditsLeft !== undefined) await finishEdit(deps, account, posting.id, request.log);
    if (edit.set.email !== undefined) {
      await deps.mailer.sendOrQueue({ account, purpose: "emailChangedByStaff", to: user.email });
    }
    return [...edit.details.fields];
  }
  throw new Failure("CHANGED_MEANWHILE", { retryAfter: 1 });
}

/**
 * Refuses an edit of fields that a level does not change, before the user is looked for.
 * @throws Failure FIELDS_NOT_ALLOWED naming them
 */
export function requireEditable(changes: UserChanges, level: SupportLevel): void {
  const editable = editableFields(level);
  const given = Object.entries(changes).filter(([, value]) => value != null);
  const forbidden = given.filter(([name]) => !editable.includes(name as UserField));
  if (forbidden.length === 0) return;
  const message = "Your level may not change this field.";
  throw new Failure("FIELDS_NOT_ALLOWED", {
    errors: forbidden.map(([path]) => ({ path, message })),
  });
}

function requirePlan(
  { subscription_plan: plan }: UserChanges,
  plans: Record<string, unknown>,
): void {
  if (plan == null || Object.hasOwn(plans, plan)) return;
  const message = `must be one of ${Object.keys(plans).join(", ")}`;
  throw new Failure("VALIDATION_FAILED", { errors: [{ path: "subscription_plan", message }] });
}

const withReset = (
  { set }: Edit,
  { allowance }: { allowance: { perDay: number; day: string; used: number } },
) => ({
  allowance: { ...allowance, perDay: set["allowance.perDay"] ?? allowance.perDay },
});

function postingOf({ staff, account, request }: ChangeInput, { creditsLeft }: Edit) {
  return {
    id: `${account.toHexString()}:staff:${request.id}`,
    kind: "staff-edit" as const,
    reason: `credits left in all set to ${creditsLeft}`,
    actor: staffName(staff),
  };
}

function eventOf({ staff, account, type, details, request }: ChangeInput, edit: Edit) {
  return securityEvent(type ?? "user_updated", {
    request,
    subject: account,
    actor: actorOf(staff),
    details: { ...edit.details, ...details },
  });
}

/** Ends the posting of an edit: what it amounts to is known only from the account. */
async function finishEdit(
  { postings }: Pick<ChangeDeps, "postings">,
  account: ObjectId,
  id: string,
  log: Log,
): Promise<void> {
  const now = await postings.read(account).catch(() => undefined);
  const posting = now?.postings.find((one) => one.id === id);
  if (posting) await finishNow({ postings }, { account, posting, log });
}

function taken(): Failure {
  const message = "Another account has this address.";
  return new Failure("ALREADY_TAKEN", { errors: [{ path: "email", message }] });
}
