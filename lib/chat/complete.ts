import type { UpstreamClient } from "../upstream/client.ts";
import { assembly } from "./assembly.ts";
import type { ChatPlan } from "./plan-chat.ts";
import { ChatChunk, ChatCompletion } from "./rules.ts";
import { usedByChat } from "./used-chat.ts";

interface Deps {
  upstream: UpstreamClient;
}

interface Input {
  plan: ChatPlan;
  signal: AbortSignal;
}

/**
 * Asks the model and gives its whole answer, with what it used.
 * @throws Failure UPSTREAM_REJECTED, UPSTREAM_BUSY, UPSTREAM_FAILED, UPSTREAM_TIMEOUT or UPSTREAM_UNAVAILABLE, or the signal's reason
 */
export async function complete({ upstream }: Deps, { plan, signal }: Input) {
  const startedAt = performance.now();
  const parse = (json: unknown) => ({ ...ChatCompletion.parse(json), model: plan.chosen.model });
  const reply = await upstream.whole(plan.upstream, signal, parse);
  const duration = performance.now() - startedAt;
  const used = usedByChat(plan, { completion: reply, duration });
  return { reply, used: { ...used, upstreamMs: Math.round(duration) } };
}

/** Asks the model and passes its answer on as it comes; what it used is known at any moment. */
export function streamChat({ upstream }: Deps, { plan, signal }: Input) {
  const startedAt = performance.now();
  const assembled = assembly(plan.chosen.model);
  let upstreamMs: number | undefined;

  async function* events(): AsyncGenerator<ChatChunk, void> {
    const parse = (json: unknown) => ({ ...ChatChunk.parse(json), model: plan.chosen.model });
    for await (const chunk of await upstream.events(plan.upstream, signal, parse)) {
      upstreamMs ??= Math.round(performance.now() - startedAt);
      assembled.add(chunk);
      const passed = asAskedFor(chunk, plan);
      if (passed) yield passed;
    }
  }

  return {
    events: events(),
    isAnswer: holdsAnswer,
    whole: assembled.completion,
    used: () => {
      const completion = assembled.completion();
      const duration = performance.now() - startedAt;
      return { ...usedByChat(plan, { completion, duration }), upstreamMs };
    },
  };
}

/** The usage was asked for by us: a caller who did not ask gets neither it nor the piece that holds nothing else. */
function asAskedFor({ usage, ...chunk }: ChatChunk, { request }: ChatPlan): ChatChunk | undefined {
  if (request.stream_options?.include_usage)
    return { ...chunk, ...(usage !== undefined && { usage }) };
  return usage && chunk.choices.length === 0 ? undefined : chunk;
}

/** Whether a piece holds more than who speaks. */
const holdsAnswer = (event: object): boolean =>
  "choices" in event &&
  (event as ChatChunk).choices.some(({ delta }) =>
    Object.entries(delta).some(
      ([name, value]) => name !== "role" && value !== null && value !== "",
    ),
  );
