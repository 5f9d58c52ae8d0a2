import type * as z from "zod";
import type { ChatMessage, Usage } from "./rules.ts";

/** Tokens that a request used. */
export interface Tokens {
  input: number;
  output: number;
  /** Not counted by the provider. */
  estimated: boolean;
}

/**
 * The tokens of an answer: the provider's count, else an estimate of one token for four bytes of
 * UTF-8, rounded up.
 */
export function tokensOf(
  usage: z.output<typeof Usage> | null | undefined,
  { messages, answer }: { messages: readonly ChatMessage[]; answer: string },
): Tokens {
  if (usage) {
    return { input: usage.prompt_tokens, output: usage.completion_tokens, estimated: false };
  }
  const input = messages.reduce((sum, { content }) => sum + estimated(textOf(content)), 0);
  return { input, output: estimated(answer), estimated: true };
}

/** The text of a message; pictures and sound have none. */
export const textOf = (content: ChatMessage["content"]): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => (typeof part.text === "string" ? part.text : "")).join(" ");

const estimated = (text: string): number => Math.ceil(Buffer.byteLength(text) / 4);
