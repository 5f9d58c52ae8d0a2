import { auditLedger } from "../../lib/credits/audit-ledger.ts";
import { auditing, job } from "../../lib/runtime.ts";

/** Every day: compares each account with its ledger. */
export const handler = job("audit-ledger", () => auditLedger(auditing));
