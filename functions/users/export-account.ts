import { AccountExport, exportAccount } from "../../lib/accounts/export-account.ts";
import { endpoint, ownRecords, session } from "../../lib/runtime.ts";

/** GET /v1/users/account/export */
export const handler = endpoint({
  guard: session(),
  reply: AccountExport,
  run: (input) => exportAccount({ records: ownRecords }, input),
});
