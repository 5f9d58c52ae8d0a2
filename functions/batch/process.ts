import { planBatch } from "../../lib/batch/plan-batch.ts";
import { BatchReply, BatchRequest, timeForTasks } from "../../lib/batch/rules.ts";
import { runBatch } from "../../lib/batch/run-batch.ts";
import { streamable } from "../../lib/http/streaming.ts";
import { metered, search, upstream } from "../../lib/runtime.ts";

/** POST /v1/batch/process */
export const handler = streamable(
  metered({
    scope: "batch",
    rateClass: "batch",
    timeoutMs: 300_000,
    body: BatchRequest,
    reply: BatchReply,
    // What becomes of a single task stands in its result.
    fails: ["UPSTREAM_TIMEOUT"],
    plan: ({ body, settings }) => planBatch(body, settings),
    price: ({ price }) => price,
    run: ({ plan, admission, signal, ...times }) =>
      runBatch(
        { upstream, search, log: admission.request.log },
        {
          plan,
          id: admission.request.id,
          rTypes: admission.account.rTypes,
          signal,
          timeMs: timeForTasks(times),
        },
      ),
  }),
);
