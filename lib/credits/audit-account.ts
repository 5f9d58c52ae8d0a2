import { isDeepStrictEqual } from "node:util";
import type { ObjectId } from "mongodb";
import * as z from "zod";
import { Failure } from "../errors.ts";
import { expectedSum } from "./audit-ledger.ts";
import type { AuditedAccount, AuditStore } from "./audit-store.ts";

/** Times that an account is looked at that keeps changing. */
const looks = 5;

/** GET users/{id}/audit */
export const AccountAudit = z.object({
  success: z.literal(true),
  /** `unsettled`: it changed each time it was looked at, so nothing is known. */
  verdict: z.enum(["agrees", "differs", "unsettled"]),
  balance: z.int(),
  /** Of the balance, what open requests hold. */
  held: z.int(),
  /** What was added by postings that have no ledger entry yet. */
  posted: z.int(),
  /** What the ledger must add up to, and what it does. */
  expected: z.int(),
  ledger: z.int(),
});
type AccountAudit = z.output<typeof AccountAudit>;

/** Compares one account with its ledger, as `auditLedger` does all of them. @throws Failure NOT_FOUND */
export async function auditAccount(
  { audits }: { audits: Pick<AuditStore, "again" | "ledgerSums"> },
  id: ObjectId,
): Promise<AccountAudit> {
  let [before] = await audits.again([id]);
  let last: AccountAudit | undefined;
  for (let count = 0; before && count < looks; count += 1) {
    const sums = await audits.ledgerSums([before]);
    const [after] = await audits.again([id]);
    const stayed = isDeepStrictEqual(before, after);
    const now = audited(before, sums.get(id.toHexString()) ?? 0, stayed);
    // What seems wrong is looked at twice: two opposite postings may have come between the reads.
    if (now.verdict === "agrees" || (now.verdict === "differs" && isDeepStrictEqual(now, last))) {
      return now;
    }
    last = now;
    before = after;
  }
  if (!before || !last) throw new Failure("NOT_FOUND");
  return { ...last, verdict: "unsettled" };
}

function audited(account: AuditedAccount, ledger: number, stayed: boolean): AccountAudit {
  const expected = expectedSum(account);
  const agrees = expected === ledger ? "agrees" : "differs";
  return {
    success: true,
    verdict: stayed ? agrees : "unsettled",
    balance: account.balance,
    held: account.holds.reduce((sum, { credits }) => sum + credits.balance, 0),
    posted: account.postings.reduce((sum, { amount }) => sum + amount, 0),
    expected,
    ledger,
  };
}
