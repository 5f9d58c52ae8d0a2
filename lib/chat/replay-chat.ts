import type { ChatPlan } from "./plan-chat.ts";
import { type ChatChunk, ChatCompletion } from "./rules.ts";

/** A kept answer as the pieces of a stream, for a request that asks for one: each choice whole, then its end. */
export function replayChat({ request }: ChatPlan, kept: string) {
  return request.stream ? piecesOf(ChatCompletion.parse(JSON.parse(kept)), request) : undefined;
}

async function* piecesOf(
  { choices, usage, object: _whole, ...head }: ChatCompletion,
  { stream_options }: ChatPlan["request"],
): AsyncGenerator<ChatChunk, void> {
  const chunk = (more: Pick<ChatChunk, "choices" | "usage">): ChatChunk => ({
    ...head,
    object: "chat.completion.chunk",
    ...more,
  });
  for (const { index, message, finish_reason } of choices) {
    const { tool_calls: calls, ...rest } = message;
    const delta = {
      ...rest,
      ...(Array.isArray(calls) && {
        tool_calls: calls.map((call, at) => ({ index: at, ...call })),
      }),
    };
    yield chunk({ choices: [{ index, delta, finish_reason: null }] });
    yield chunk({ choices: [{ index, delta: {}, finish_reason }] });
  }
  if (stream_options?.include_usage && usage) yield chunk({ choices: [], usage });
}
