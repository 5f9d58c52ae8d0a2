import type { Outcome } from "../credits/metering.ts";
import type { ChatPlan } from "./plan-chat.ts";
import type { ChatCompletion } from "./rules.ts";
import { textOf, tokensOf } from "./tokens.ts";

interface Answered {
  completion: ChatCompletion;
  /** Milliseconds from the question to the end of the answer. */
  duration: number;
}

/** What an answered request used: its price, its tokens, and an entry for the message log. */
export function usedByChat(
  { request, chosen, price, upstream }: ChatPlan,
  { completion, duration }: Answered,
) {
  const answer = completion.choices.map(({ message }) => textOf(message.content)).join("");
  const tokens = tokensOf(completion.usage, { messages: upstream.messages, answer });
  return {
    kind: "captured",
    credits: price.credits,
    conversations: price.conversations,
    tokens,
    messages: [
      {
        model: chosen.model,
        rType: chosen.style,
        research: false,
        request: request.messages,
        response: completion.choices[0]?.message ?? null,
        tokens: tokens.input + tokens.output,
        duration: Math.round(duration),
      },
    ],
  } satisfies Partial<Outcome>;
}
