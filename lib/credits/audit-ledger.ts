import { isDeepStrictEqual } from "node:util";
import type { ObjectId } from "mongodb";
import type { Log } from "../logger.ts";
import type { RecordCount } from "../metrics.ts";
import type { AuditedAccount, AuditStore } from "./audit-store.ts";

/** Accounts that are checked together. */
const pageSize = 100;

/** How often an account is looked at that keeps changing, or seems wrong. */
const looks = 5;

interface AuditDeps {
  audits: AuditStore;
  count: RecordCount;
  log: Log;
}

/** An account whose ledger does not agree with its balance. */
interface Mismatch {
  account: ObjectId;
  /** What the account says was moved, and what the ledger says. */
  expected: number;
  ledger: number;
}

/** What the ledger must add up to: what is still held was not spent yet, what is still posted was not entered yet. */
export const expectedSum = ({ balance, holds, postings }: AuditedAccount): number =>
  balance +
  holds.reduce((sum, { credits }) => sum + credits.balance, 0) -
  postings.reduce((sum, { amount }) => sum + amount, 0);

/**
 * Compares some accounts with their ledgers. Not every server can read both at one moment, so the
 * accounts are read before and after the ledger: only one that stayed the same is judged.
 */
async function look(
  { audits }: Pick<AuditDeps, "audits">,
  before: readonly AuditedAccount[],
): Promise<{ changed: AuditedAccount[]; wrong: Mismatch[] }> {
  const sums = await audits.ledgerSums(before);
  const now = await audits.again(before.map(({ _id }) => _id));
  const earlier = new Map(before.map((account) => [account._id.toHexString(), account]));
  const changed: AuditedAccount[] = [];
  const wrong: Mismatch[] = [];
  for (const account of now) {
    const id = account._id.toHexString();
    if (!isDeepStrictEqual(account, earlier.get(id))) changed.push(account);
    const expected = expectedSum(account);
    const ledger = sums.get(id) ?? 0;
    if (!changed.includes(account) && expected !== ledger) {
      wrong.push({ account: account._id, expected, ledger });
    }
  }
  return { changed, wrong };
}

/**
 * Checks every account against its ledger and raises an alarm for each that differs. One that seems
 * wrong is looked at again: it counts only if two looks in a row find the same. May run at any moment.
 */
export async function auditLedger(
  deps: AuditDeps,
): Promise<{ accounts: number; mismatches: number; unsettled: number }> {
  const counts = { accounts: 0, mismatches: 0, unsettled: 0 };
  let after: ObjectId | undefined;
  for (;;) {
    const page = await deps.audits.page(after, pageSize);
    const last = page.at(-1);
    if (!last) break;
    after = last._id;
    const { wrong, unsettled } = await auditPage(deps, page);
    counts.accounts += page.length;
    counts.mismatches += wrong.length;
    counts.unsettled += unsettled;
    for (const one of wrong) {
      const { account, ...figures } = one;
      deps.log.error("ledger mismatch", { account: account.toHexString(), ...figures });
    }
  }
  if (counts.mismatches > 0) deps.count("AuditMismatches", counts.mismatches);
  return counts;
}

async function auditPage(
  deps: Pick<AuditDeps, "audits">,
  page: readonly AuditedAccount[],
): Promise<{ wrong: Mismatch[]; unsettled: number }> {
  const sure: Mismatch[] = [];
  let suspects: Mismatch[] = [];
  let open = page;
  for (let count = 0; count < looks && open.length > 0; count++) {
    const { changed, wrong } = await look(deps, open);
    const [confirmed, fresh] = partition(wrong, (one) =>
      suspects.some((other) => isDeepStrictEqual(one, other)),
    );
    sure.push(...confirmed);
    suspects = fresh;
    const again = new Set(fresh.map(({ account }) => account.toHexString()));
    open = [...changed, ...open.filter(({ _id }) => again.has(_id.toHexString()))];
  }
  return { wrong: sure, unsettled: open.length };
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
