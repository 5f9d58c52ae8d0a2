import { Failure } from "../errors.ts";
import type { ResearchDeps } from "../research/research.ts";
import { assembly } from "./assembly.ts";
import type { ChatPlan } from "./plan-chat.ts";
import { type PreparedChat, prepareChat } from "./prepare-chat.ts";
import { ChatChunk, ChatCompletion } from "./rules.ts";
import { usedByChat } from "./used-chat.ts";

interface Input {
  plan: ChatPlan;
  signal: AbortSignal;
  /** Bytes of the answer at most; as many as any answer may have unless told. */
  mostBytes?: number;
}

/**
 * Asks the model and gives its whole answer, with what it used.
 * @throws Failure UPSTREAM_REJECTED, UPSTREAM_BUSY, UPSTREAM_FAILED, UPSTREAM_TIMEOUT or UPSTREAM_UNAVAILABLE, or the signal's reason
 */
export async function complete(deps: ResearchDeps, { plan, signal, mostBytes }: Input) {
  const startedAt = performance.now();
  const prepared = await prepareChat(deps, { plan, signal });
  const parse = (json: unknown) => ({ ...ChatCompletion.parse(json), model: plan.chosen.model });
  const { upstream } = prepared.plan;
  const completion = await deps.upstream.whole(upstream, signal, parse, mostBytes);
  const duration = performance.now() - startedAt;
  const used = usedByChat(prepared, { completion, duration });
  const reply = { ...completion, ...prepared.told };
  return { reply, used: { ...used, upstreamMs: Math.round(duration) } };
}

/** Asks the model and passes its answer on as it comes; what it used is known at any moment. */
export function streamChat(deps: ResearchDeps, { plan, signal }: Omit<Input, "mostBytes">) {
  const startedAt = performance.now();
  const assembled = assembly(plan.chosen.model);
  let prepared: PreparedChat = { plan, told: {}, tokens: undefined };
  let upstreamMs: number | undefined;

  async function* events(): AsyncGenerator<ChatChunk, void> {
    prepared = await prepareChat(deps, { plan, signal });
    const parse = (json: unknown) => ({ ...ChatChunk.parse(json), model: plan.chosen.model });
    let isTold = false;
    for await (const chunk of await deps.upstream.events(prepared.plan.upstream, signal, parse)) {
      upstreamMs ??= Math.round(performance.now() - startedAt);
      assembled.add(chunk);
      const passed = asAskedFor(chunk, plan);
      if (passed) yield isTold ? passed : { ...passed, ...prepared.told };
      isTold ||= passed !== undefined;
    }
    if (assembled.isEmpty()) {
      throw new Failure("UPSTREAM_FAILED", { cause: "the stream has no choices" });
    }
  }

  return {
    events: events(),
    isAnswer: holdsAnswer,
    whole: () => ({ ...assembled.completion(), ...prepared.told }),
    used: () => {
      const completion = assembled.completion();
      const duration = performance.now() - startedAt;
      return { ...usedByChat(prepared, { completion, duration }), upstreamMs };
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
