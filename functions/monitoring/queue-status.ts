import { showQueues } from "../../lib/monitoring/show-queues.ts";
import { QueueStatus } from "../../lib/monitoring/staff-rules.ts";
import { endpoint, overview, staff } from "../../lib/runtime.ts";

/** GET /v1/monitoring/queue-status */
export const handler = endpoint({
  guard: staff({ admin: "api_usage" }),
  reply: QueueStatus,
  run: ({ now }) => showQueues({ overview }, { now }),
});
