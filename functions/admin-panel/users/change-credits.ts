import * as z from "zod";
import { withIdempotencyKey } from "../../../lib/http/guards/idempotency-key.ts";
import { idCodec } from "../../../lib/ids.ts";
import { endpoint, postings, staff } from "../../../lib/runtime.ts";
import { CreditsChanged, changeCredits } from "../../../lib/staff/users/change-credits.ts";
import { CreditChange } from "../../../lib/staff/users/rules.ts";

const guard = withIdempotencyKey(staff({ admin: "user_management" }));

/** POST /v1/admin-panel/users/{id}/credits */
export const handler = endpoint({
  guard,
  path: z.object({ id: idCodec }),
  body: CreditChange,
  reply: CreditsChanged,
  fails: ["CREDITS_OUT_OF_RANGE", "IDEMPOTENCY_KEY_REUSED", "CHANGED_MEANWHILE"],
  run: ({ path, body: change, ...input }) =>
    changeCredits({ postings }, { ...input, account: path.id, change }),
});
