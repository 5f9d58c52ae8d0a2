import { addresses, endpoint, secretKeys, settings, staffSessions } from "../../lib/runtime.ts";
import { sessionKinds } from "../../lib/sessions/new-session.ts";
import { refreshSession } from "../../lib/sessions/refresh-session.ts";
import { Refreshed, RefreshRequest } from "../../lib/sessions/rules.ts";

/** POST /v1/admin-panel/refresh, POST /v1/support/refresh */
export const handler = endpoint({
  body: RefreshRequest,
  reply: Refreshed,
  fails: ["SESSION_INVALID", "ADDRESS_NOT_ALLOWED", "DATABASE_UNAVAILABLE"],
  run: ({ body, request }) =>
    refreshSession(
      { sessions: staffSessions, secretKeys, settings, addresses },
      { refreshToken: body.refresh_token, request, kinds: sessionKinds.staff },
    ),
});
