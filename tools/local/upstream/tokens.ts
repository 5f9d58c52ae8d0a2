import { type ChatRequest, textOf } from "./request.ts";

/** Counts and cuts text as the tokenizer of OpenAI's current models does. */
export interface Tokenizer {
  count(text: string): number;
  /** The first `tokens` tokens of a text. */
  head(text: string, tokens: number): string;
}

let loaded: Promise<Tokenizer> | undefined;

/** Loaded at the first request: 200 ms and some 75 MB that a start of the stack should not pay. */
export function loadTokenizer(): Promise<Tokenizer> {
  loaded ??= import("gpt-tokenizer/encoding/o200k_base").then(
    ({ countTokens, decode, encode }) => ({
      // Text that looks like a special token is text here: nobody's chat may throw.
      count: (text) => countTokens(text, { disallowedSpecial: new Set() }),
      head: (text, tokens) =>
        decode(encode(text, { disallowedSpecial: new Set() }).slice(0, tokens)),
    }),
  );
  return loaded;
}

/** Tokens that frame each message and prime the reply, as OpenAI's cookbook counts them. */
const perMessage = 4;
const perReply = 3;

export const promptTokens = ({ messages }: ChatRequest, tokenizer: Tokenizer): number =>
  messages.reduce((sum, message) => sum + perMessage + tokenizer.count(textOf(message)), perReply);
