import * as z from "zod";
import { idCodec } from "../../../lib/ids.ts";
import { PageQuery } from "../../../lib/paging.ts";
import { endpoint, staff, userRecords } from "../../../lib/runtime.ts";
import { LedgerPage, readLedger } from "../../../lib/staff/users/read-ledger.ts";

/** GET /v1/admin-panel/users/{id}/ledger */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  query: PageQuery,
  reply: LedgerPage,
  run: ({ path, query }) => readLedger({ records: userRecords }, { account: path.id, query }),
});
