import type { LeavingAccount, RemovalStore } from "./removal-store.ts";

/** Accounts that are looked up together. */
const atOnce = 50;

/**
 * Removes the accounts that are being deleted, once nothing of theirs is open: what is kept of them
 * is archived first. Their ledger stays, and their usage events until they are 90 days old; rows of
 * usage know accounts by their ids alone. May run twice at once, and may be killed anywhere. Stops
 * after `budget` milliseconds.
 */
export async function removeAccounts(
  { removals }: { removals: RemovalStore },
  { budget }: { budget: number },
): Promise<{ removed: number }> {
  const until = performance.now() + budget;
  let removed = 0;
  while (performance.now() < until) {
    const accounts = await removals.due(atOnce);
    if (accounts.length === 0) break;
    for (const account of accounts) {
      await removals.archive(archived(account));
      await removals.remove(account._id);
      removed += 1;
    }
  }
  return { removed };
}

const archived = ({ _id, updatedAt, deletion, ...kept }: LeavingAccount) => ({
  _id,
  ...kept,
  deletedAt: deletion?.at ?? updatedAt,
  deletedBy: deletion?.by ?? "service",
  reason: deletion?.reason ?? "",
});
