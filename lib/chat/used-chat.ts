import type { Outcome } from "../credits/metering.ts";
import type { PreparedChat } from "./prepare-chat.ts";
import type { ChatCompletion } from "./rules.ts";
import { textOf, tokensOf } from "./tokens.ts";

interface Answered {
  completion: ChatCompletion;
  /** Milliseconds from the question to the end of the answer. */
  duration: number;
}

/** What an answered request used: its price, its tokens with those of its research, and an entry for the message log. */
export function usedByChat(
  { plan: { request, chosen, price, upstream }, told, tokens: research }: PreparedChat,
  { completion, duration }: Answered,
) {
  const answers = completion.choices.map(({ message }) => message);
  const answer = answers.map(saidIn).join("");
  const own = tokensOf(completion.usage, { messages: upstream.messages, answer });
  const tokens = {
    input: own.input + (research?.input ?? 0),
    output: own.output + (research?.output ?? 0),
    estimated: own.estimated || research?.estimated === true,
  };
  return {
    kind: "captured",
    credits: price.credits,
    conversations: price.conversations,
    tokens,
    messages: [
      {
        model: chosen.model,
        rType: chosen.style,
        research: told.research === "used",
        request: request.messages,
        // Several answers to one question (`n`) are a list.
        response: answers.length > 1 ? answers : (answers[0] ?? null),
        tokens: tokens.input + tokens.output,
        duration: Math.round(duration),
      },
    ],
  } satisfies Partial<Outcome>;
}

/** What a message says, and what it calls. */
const saidIn = ({ content, tool_calls, function_call }: Message): string =>
  [textOf(content), ...[tool_calls, function_call].map((calls) => calls && JSON.stringify(calls))]
    .filter(Boolean)
    .join("");

type Message = ChatCompletion["choices"][number]["message"];
