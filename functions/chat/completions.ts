import { complete, streamChat } from "../../lib/chat/complete.ts";
import { planChat } from "../../lib/chat/plan-chat.ts";
import { replayChat } from "../../lib/chat/replay-chat.ts";
import { ChatEvent, ChatReply, ChatRequest } from "../../lib/chat/rules.ts";
import { streamable } from "../../lib/http/streaming.ts";
import { metered, search, upstream } from "../../lib/runtime.ts";

/** POST /v1/chat/completions, as in OpenAI's API, and POST /v1/prompt/completions, as it was called in the former one */
export const handler = streamable(
  metered({
    scope: "chat",
    rateClass: "chat",
    timeoutMs: 300_000,
    body: ChatRequest,
    reply: ChatReply,
    events: ChatEvent,
    fails: [
      "MODEL_NOT_FOUND",
      "UPSTREAM_REJECTED",
      "UPSTREAM_FAILED",
      "UPSTREAM_BUSY",
      "UPSTREAM_UNAVAILABLE",
      "UPSTREAM_TIMEOUT",
    ],
    plan: ({ body, settings }) => planChat(body, settings),
    price: ({ price }) => price,
    run: async ({ plan, admission, signal }) => {
      const deps = { upstream, search, log: admission.request.log };
      return plan.request.stream
        ? streamChat(deps, { plan, signal })
        : complete(deps, { plan, signal });
    },
    replay: replayChat,
  }),
);
