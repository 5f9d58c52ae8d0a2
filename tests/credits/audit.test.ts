import { describe, expect, it } from "@jest/globals";
import { auditLedger } from "../../lib/credits/audit-ledger.ts";
import type { AuditedAccount } from "../../lib/credits/audit-store.ts";
import { someAccount } from "../support/accounts.ts";
import { memoryLog } from "../support/endpoint.ts";

const account: AuditedAccount = someAccount({ balance: 7 });
const id = account._id.toHexString();

/** An audit that reads these balances and these sums of the ledger, one after the other and the last again and again. */
function auditOf({ balances, sums }: { balances: number[]; sums: number[] }) {
  const next = (list: number[]): number => (list.length > 1 ? list.shift() : list[0]) ?? 0;
  const read = () => ({ ...account, balance: next(balances) });
  const audits = {
    page: async (after: unknown) => (after === undefined ? [read()] : []),
    again: async () => [read()],
    ledgerSums: async () => new Map([[id, next(sums)]]),
  };
  return auditLedger({ audits, count: () => {}, log: memoryLog().log });
}

describe("an account that seems wrong", () => {
  it.each<[string, { balances: number[]; sums: number[] }, object]>([
    ["once is looked at again", { balances: [7], sums: [6, 7] }, { mismatches: 0, unsettled: 0 }],
    [
      "twice, in two ways, is looked at again",
      { balances: [7], sums: [6, 5, 7] },
      { mismatches: 0 },
    ],
    ["twice in one way is wrong", { balances: [7], sums: [6] }, { mismatches: 1 }],
    ["while it changes is looked at again", { balances: [7, 8], sums: [6, 8] }, { mismatches: 0 }],
    [
      "and changes each time is told as one that could not be judged",
      { balances: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], sums: [0] },
      { mismatches: 0, unsettled: 1 },
    ],
  ])("%s", async (_, read, counts) => {
    expect(await auditOf(read)).toMatchObject({ accounts: 1, ...counts });
  });
});
