import { type ResearchDeps, research } from "../research/research.ts";
import type { ChatPlan } from "./plan-chat.ts";
import type { Tokens } from "./tokens.ts";

/** What is said of a research in the answer; nothing if none was asked for. */
interface ResearchTold {
  research?: "used" | "unavailable";
  sources?: { title: string; url: string }[];
}

/** A plan that has what it needs. */
export interface PreparedChat {
  plan: ChatPlan;
  told: ResearchTold;
  /** Of the research. */
  tokens: Tokens | undefined;
}

/**
 * Makes the research that a request asks for, and puts its notes before the last question. Where
 * there is none to be had the request goes on without.
 */
export async function prepareChat(
  deps: ResearchDeps,
  { plan, signal }: { plan: ChatPlan; signal: AbortSignal },
): Promise<PreparedChat> {
  const { request, upstream } = plan;
  if (!request.ai_research) return { plan, told: {}, tokens: undefined };
  const { model, messages } = upstream;
  const depth = request.research_depth ?? "basic";
  const found = await research(deps, { model, messages: request.messages, depth, signal });
  if (!found) return { plan, told: { research: "unavailable" }, tokens: undefined };
  const at = messages.findLastIndex(({ role }) => role === "user");
  const withNotes = messages.toSpliced(Math.max(0, at), 0, found.notes);
  return {
    plan: { ...plan, upstream: { ...upstream, messages: withNotes } },
    told: { research: "used", sources: found.sources },
    tokens: found.tokens,
  };
}
