import { Done, done } from "../../../lib/http/done.ts";
import { anyToken } from "../../../lib/http/guards/any-token.ts";
import { endpoint, sessions } from "../../../lib/runtime.ts";
import { endSession } from "../../../lib/sessions/end-session.ts";
import { LogoutQuery } from "../../../lib/sessions/rules.ts";

/** POST /v1/users/logout: of this session, or with `?all=true` of all. Any token will do, as in the former API. */
export const handler = endpoint({
  guard: anyToken,
  query: LogoutQuery,
  reply: Done,
  fails: ["DATABASE_UNAVAILABLE"],
  run: async ({ token, query, request }) => {
    await endSession({ sessions }, { token, all: query.all, request });
    return done("You are signed out.");
  },
});
