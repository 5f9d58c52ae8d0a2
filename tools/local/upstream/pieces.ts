import type { Choice, Reply } from "./reply.ts";

interface PieceOptions {
  model: string;
  includeUsage: boolean;
}

/** A reply as the chunks of a stream, each an object in OpenAI's form, word by word. */
export function* piecesOf(reply: Reply, { model, includeUsage }: PieceOptions): Generator<object> {
  const created = Math.floor(Date.now() / 1_000);
  const chunk = (choices: object[], usage: object | null) => ({
    id: reply.id,
    object: "chat.completion.chunk",
    created,
    model,
    system_fingerprint: "fp_local",
    choices,
    ...(includeUsage && { usage }),
  });
  for (const [index, choice] of reply.choices.entries()) {
    for (const delta of deltasOf(choice))
      yield chunk([{ index, delta, finish_reason: null }], null);
    yield chunk([{ index, delta: {}, finish_reason: choice.finishReason }], null);
  }
  if (includeUsage && reply.usage) yield chunk([], reply.usage);
}

function* deltasOf({ content, toolCall }: Choice): Generator<object> {
  if (toolCall === undefined) {
    yield { role: "assistant", content: "" };
    for (const word of content.match(/\s*\S+/g) ?? []) yield { content: word };
    return;
  }
  const { id, name } = toolCall;
  const call = { index: 0, id, type: "function", function: { name, arguments: "" } };
  yield { role: "assistant", content: null, tool_calls: [call] };
  for (const part of toolCall.arguments.match(/.{1,8}/gs) ?? []) {
    yield { tool_calls: [{ index: 0, function: { arguments: part } }] };
  }
}
