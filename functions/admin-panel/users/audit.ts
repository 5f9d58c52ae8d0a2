import * as z from "zod";
import { AccountAudit, auditAccount } from "../../../lib/credits/audit-account.ts";
import { idCodec } from "../../../lib/ids.ts";
import { audits, endpoint, staff } from "../../../lib/runtime.ts";

/** GET /v1/admin-panel/users/{id}/audit */
export const handler = endpoint({
  guard: staff({ admin: "user_management" }),
  path: z.object({ id: idCodec }),
  reply: AccountAudit,
  run: ({ path }) => auditAccount({ audits }, path.id),
});
