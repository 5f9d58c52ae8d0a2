import { endpoint, eventLog, staff } from "../../../lib/runtime.ts";
import { EventPage, EventQuery, listEvents } from "../../../lib/security/list-events.ts";

/** GET /v1/admin-panel/security-logs */
export const handler = endpoint({
  guard: staff({ admin: "security_logs" }),
  query: EventQuery,
  reply: EventPage,
  run: ({ query }) => listEvents({ eventLog }, query),
});
