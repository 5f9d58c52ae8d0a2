import type { Choice, Reply } from "./reply.ts";

/** A reply as one JSON body in OpenAI's form. */
export const wholeBody = (reply: Reply, model: string) => ({
  id: reply.id,
  object: "chat.completion",
  created: Math.floor(Date.now() / 1_000),
  model,
  system_fingerprint: "fp_local",
  choices: reply.choices.map((choice, index) => ({
    index,
    message: messageOf(choice),
    logprobs: null,
    finish_reason: choice.finishReason,
  })),
  ...(reply.usage && { usage: reply.usage }),
});

const messageOf = ({ content, toolCall }: Choice) =>
  toolCall === undefined
    ? { role: "assistant", content, refusal: null }
    : {
        role: "assistant",
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: toolCall.id,
            type: "function",
            function: { name: toolCall.name, arguments: toolCall.arguments },
          },
        ],
      };
