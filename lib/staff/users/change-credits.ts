import { createHash } from "node:crypto";
import type { ObjectId } from "mongodb";
import * as z from "zod";
import { leftOn, utcDay } from "../../credits/rules.ts";
import { Failure } from "../../errors.ts";
import type { Log } from "../../logger.ts";
import { type EventOrigin, securityEvent } from "../../security/events.ts";
import { type ActingStaff, actorOf, staffName } from "./actor.ts";
import { finishNow } from "./finish-posting.ts";
import type { NewPosting } from "./new-posting.ts";
import { type BalancedAccount, inRange, type PostingStore } from "./posting-store.ts";
import type { CreditChange } from "./rules.ts";

export const CreditsChanged = z.object({
  success: z.literal(true),
  message: z.string(),
  data: z.object({
    /** Of the ledger entry. */
    entry_id: z.string(),
    amount: z.int(),
    /** What the account has now, in all and by its parts. */
    credits: z.object({ main: z.int(), allowance: z.int(), balance: z.int() }),
    /** Whether it had been done already, by a request with the same Idempotency-Key. */
    replayed: z.boolean(),
  }),
});

interface ChangeInput {
  staff: ActingStaff;
  account: ObjectId;
  change: CreditChange;
  idempotencyKey: string | undefined;
  request: EventOrigin & { log: Log };
}

/** Times that a change is tried which others get in the way of. */
const mostTries = 20;

/**
 * Adds credits to a balance, or takes some away, as a posting. By its Idempotency-Key a change is
 * made once however often it is asked for, at any time.
 * @throws Failure NOT_FOUND, CREDITS_OUT_OF_RANGE, IDEMPOTENCY_KEY_REUSED for a key that was sent with
 * another change, or CHANGED_MEANWHILE
 */
export async function changeCredits(
  { postings }: { postings: PostingStore },
  input: ChangeInput,
): Promise<z.output<typeof CreditsChanged>> {
  const { account, change, request, idempotencyKey } = input;
  const posting = postingOf(input);
  for (let count = 0; count < mostTries; count += 1) {
    const seen = await postings.read(account);
    if (!seen || seen.status === "deleting") throw new Failure("NOT_FOUND");
    const open = seen.postings.find(({ id }) => id === posting.id);
    if (await wasMade(postings, input, posting, open)) {
      if (open) await finishNow({ postings }, { account, posting: open, log: request.log });
      return answer(posting, change, seen, true);
    }
    if (!inRange(seen.balance, change.amount)) {
      throw new Failure("CREDITS_OUT_OF_RANGE", { extra: { credits: figures(seen) } });
    }
    const done = await postings.add({
      account,
      amount: change.amount,
      posting,
      // With a key another request of it may have come and gone since the account was read; without
      // one nobody else has this posting's id.
      seen: idempotencyKey === undefined ? undefined : { lastPosting: seen.lastPosting },
      event: eventOf(input, posting),
      usage: request.usage,
    });
    if (done) return finished({ postings }, input, posting);
  }
  throw new Failure("CHANGED_MEANWHILE", { retryAfter: 1 });
}

/** Its id follows from the key, if there is one, and belongs to whoever of staff sent it. */
function postingOf({ staff, account, change, idempotencyKey, request }: ChangeInput): NewPosting {
  const key = createHash("sha256")
    .update(`${staffName(staff)} ${idempotencyKey}`)
    .digest("hex");
  const made = idempotencyKey === undefined ? request.id : key.slice(0, 32);
  const kind = change.amount > 0 ? "grant" : "revocation";
  return {
    id: `${account.toHexString()}:staff:${made}`,
    kind,
    reason: change.reason,
    actor: staffName(staff),
  };
}

/** Whether the change was made already. */
async function wasMade(
  { entry }: Pick<PostingStore, "entry">,
  { change, idempotencyKey }: ChangeInput,
  { id }: NewPosting,
  open: BalancedAccount["postings"][number] | undefined,
): Promise<boolean> {
  if (idempotencyKey === undefined) return false;
  const made = open ?? (await entry(id));
  if (!made) return false;
  const amount = "credits" in made ? made.credits.balance : made.amount;
  if (amount === change.amount && made.reason === change.reason) return true;
  throw new Failure("IDEMPOTENCY_KEY_REUSED");
}

function eventOf({ staff, account, change, request }: ChangeInput, { id }: NewPosting) {
  const { amount, reason } = change;
  return securityEvent(amount > 0 ? "credits_granted" : "credits_revoked", {
    request,
    subject: account,
    actor: actorOf(staff),
    details: { fields: ["credits"], amount, reason, entry_id: id },
  });
}

async function finished(
  { postings }: { postings: PostingStore },
  { account, change, request }: ChangeInput,
  posting: NewPosting,
): Promise<z.output<typeof CreditsChanged>> {
  const now = await postings.read(account);
  const open = now?.postings.find(({ id }) => id === posting.id);
  if (open) await finishNow({ postings }, { account, posting: open, log: request.log });
  // Removed within these milliseconds: a deletion waits until no posting is open.
  if (!now) throw new Failure("NOT_FOUND");
  return answer(posting, change, now, false);
}

const answer = (
  { id }: NewPosting,
  { amount }: CreditChange,
  account: BalancedAccount,
  replayed: boolean,
): z.output<typeof CreditsChanged> => ({
  success: true,
  message: amount > 0 ? "The credits are granted." : "The credits are revoked.",
  data: { entry_id: id, amount, credits: figures(account), replayed },
});

/** What an account has left, in all and by its parts. */
export function figures({
  allowance,
  balance,
  now,
}: Pick<BalancedAccount, "allowance" | "balance" | "now">) {
  const left = leftOn(utcDay(now), allowance);
  return { main: left + balance, allowance: left, balance };
}
