import { addresses, endpoint, secretKeys, sessions, settings } from "../../../lib/runtime.ts";
import { refreshSession } from "../../../lib/sessions/refresh-session.ts";
import { Refreshed, RefreshRequest } from "../../../lib/sessions/rules.ts";

/** POST /v1/users/refresh */
export const handler = endpoint({
  body: RefreshRequest,
  reply: Refreshed,
  fails: ["SESSION_INVALID", "DATABASE_UNAVAILABLE"],
  run: ({ body, request }) =>
    refreshSession(
      { sessions, secretKeys, settings, addresses },
      { refreshToken: body.refresh_token, request },
    ),
});
