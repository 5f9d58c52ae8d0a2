import { listErrors } from "../../lib/monitoring/list-errors.ts";
import { ErrorList, ErrorsQuery } from "../../lib/monitoring/staff-rules.ts";
import { endpoint, overview, staff } from "../../lib/runtime.ts";

/** GET /v1/monitoring/errors: failures by where they come from, the most frequent first */
export const handler = endpoint({
  guard: staff({ admin: "api_usage" }),
  query: ErrorsQuery,
  reply: ErrorList,
  run: ({ now, query }) => listErrors({ overview }, { now, query }),
});
