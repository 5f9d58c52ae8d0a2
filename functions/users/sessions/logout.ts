import { bearerToken } from "../../../lib/http/bearer.ts";
import { Done, done } from "../../../lib/http/done.ts";
import { endpoint, sessions } from "../../../lib/runtime.ts";
import { endSession } from "../../../lib/sessions/end-session.ts";
import { LogoutQuery } from "../../../lib/sessions/rules.ts";

/** POST /v1/users/logout: of this session, or with `?all=true` of all. Any token will do, as in the former API. */
export const handler = endpoint({
  guard: (_request, event) => ({ token: bearerToken(event) }),
  query: LogoutQuery,
  reply: Done,
  run: async ({ token, query, request }) => {
    await endSession({ sessions }, { token, all: query.all, request });
    return done("You are signed out.");
  },
});
