import { endpoint, session } from "../../../lib/runtime.ts";
import { listSessions } from "../../../lib/sessions/list-sessions.ts";
import { SessionList } from "../../../lib/sessions/rules.ts";

/** GET /v1/users/sessions */
export const handler = endpoint({
  guard: session(),
  reply: SessionList,
  run: listSessions,
});
