import type { MailRoom } from "../../email/mail-room.ts";
import type { Log } from "../../logger.ts";
import { type EditDeps, type EditInput, editUser } from "./edit-user.ts";
import { finishFound } from "./finish-posting.ts";
import type { PostingStore } from "./posting-store.ts";

export interface FigureDeps extends EditDeps {
  postings: Pick<PostingStore, "read" | "finish">;
}

export interface ChangeDeps extends FigureDeps {
  mailer: Pick<MailRoom, "sendOrQueue">;
}

export type ChangeInput = EditInput & { request: { log: Log } };

/**
 * An edit that may set a balance, whose ledger entry is then written.
 * @returns names of the fields that are another now
 * @throws Failure as `editUser`
 */
export async function changeFigures(
  { postings, ...deps }: FigureDeps,
  input: ChangeInput,
): Promise<readonly string[]> {
  const { account, request } = input;
  const edited = await editUser(deps, input);
  if (edited?.postingId !== undefined) {
    await finishFound({ postings }, { account, id: edited.postingId, log: request.log });
  }
  return edited?.edit.details.fields ?? [];
}

/**
 * Any edit. The address before another one is told: whoever reads there must learn of it.
 * @throws Failure as `editUser`
 */
export async function changeUser(deps: ChangeDeps, input: ChangeInput): Promise<void> {
  const { account, request } = input;
  const edited = await editUser(deps, input);
  if (!edited) return;
  const { edit, before, postingId } = edited;
  if (postingId !== undefined)
    await finishFound(deps, { account, id: postingId, log: request.log });
  if (edit.set.email !== undefined) {
    const purpose = "emailChangedByStaff";
    await deps.mailer.sendOrQueue({ account, purpose, to: before.email });
  }
}
