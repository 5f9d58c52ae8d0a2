import { Done, done } from "../../lib/http/done.ts";
import { anyToken } from "../../lib/http/guards/any-token.ts";
import { endpoint, staffSessions } from "../../lib/runtime.ts";
import { endSession } from "../../lib/sessions/end-session.ts";
import { sessionKinds } from "../../lib/sessions/new-session.ts";
import { LogoutQuery } from "../../lib/sessions/rules.ts";

/** POST /v1/admin-panel/logout, POST /v1/support/logout: of this session, or with `?all=true` of all */
export const handler = endpoint({
  guard: anyToken,
  query: LogoutQuery,
  reply: Done,
  fails: ["DATABASE_UNAVAILABLE"],
  run: async ({ token, query, request }) => {
    await endSession(
      { sessions: staffSessions },
      { token, all: query.all, request, kinds: sessionKinds.staff },
    );
    return done("You are signed out.");
  },
});
