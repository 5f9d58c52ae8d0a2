import { endpoint, staff } from "../../lib/runtime.ts";
import { SupportInfo } from "../../lib/staff/rules.ts";
import { supportInfo } from "../../lib/staff/views.ts";

/** GET /v1/support/profile */
export const handler = endpoint({
  guard: staff({ support: true }),
  reply: SupportInfo,
  run: ({ staff: me, role }) => supportInfo(me, role),
});
