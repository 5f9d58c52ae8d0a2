import type { PromptStyle } from "../settings/rules.ts";
import type { ChatMessage, ChatRequest } from "./rules.ts";

/** A request as a provider gets it. */
export interface UpstreamBody extends Record<string, unknown> {
  model: string;
  messages: ChatMessage[];
  stream?: boolean;
}

interface Composed {
  model: string;
  style: PromptStyle | null;
  prompts: Readonly<Record<PromptStyle, string>>;
}

/**
 * What the provider is asked: the caller's request without our own fields and without empty ones,
 * the style's prompt before all messages. The caller's system messages stay, after it. A stream is
 * always asked for its usage, because that is what is recorded.
 */
export function upstreamBody(
  {
    level: _level,
    r_type: _style,
    ai_research: _research,
    research_depth: _depth,
    stream,
    stream_options,
    ...request
  }: ChatRequest,
  { model, style, prompts }: Composed,
): UpstreamBody {
  const given = Object.entries(request).filter(([, value]) => value !== null);
  const messages: ChatMessage[] =
    style === null
      ? request.messages
      : [{ role: "system", content: prompts[style] }, ...request.messages];
  return {
    ...Object.fromEntries(given),
    model,
    messages,
    ...(stream && { stream: true, stream_options: { ...stream_options, include_usage: true } }),
  };
}
