import { removeAccounts } from "../../lib/accounts/remove-accounts.ts";
import { job, removals } from "../../lib/runtime.ts";

/** Every 10 minutes: removes the accounts that were deleted. Ends before its timeout of 28 s. */
export const handler = job("remove-accounts", () =>
  removeAccounts({ removals }, { budget: 20_000 }),
);
