import { type ChatPlan, planChat } from "../chat/plan-chat.ts";
import type { ChatMessage } from "../chat/rules.ts";
import type { Price } from "../credits/metering.ts";
import type { Settings } from "../settings/rules.ts";
import type { BatchRequest } from "./rules.ts";

/** Before each task: whoever reads a batch reads it later. */
const alone: ChatMessage = {
  role: "system",
  content:
    "Nobody can answer a question of yours. Where something is left open, take the likeliest reading, say which one, and give a complete answer.",
};

/** What a batch comes to. */
export interface BatchPlan {
  tasks: ChatPlan[];
  /** Of all tasks together. */
  price: Price;
  parallel: boolean;
}

/** The tasks as chat requests, and their price in all. Where their styles differ the price names none of them. */
export function planBatch(
  { batch, level, parallel, enable_research, research_depth }: BatchRequest,
  settings: Settings,
): BatchPlan {
  const common = { level, ai_research: enable_research, research_depth };
  const tasks = batch.map(({ prompt, ...fields }) =>
    planChat(
      { ...fields, ...common, messages: [alone, { role: "user", content: prompt }] },
      settings,
    ),
  );
  const sum = (of: "credits" | "conversations") =>
    tasks.reduce((total, { price }) => total + price[of], 0);
  const styles = stylesOf(tasks);
  const [first] = tasks;
  return {
    tasks,
    parallel,
    price: {
      credits: sum("credits"),
      conversations: sum("conversations"),
      level: first?.price.level ?? 1,
      rType: styles.length === 1 ? (styles[0] ?? null) : null,
      model: first?.chosen.model ?? "",
    },
  };
}

/** Each style that the tasks use, once. */
export const stylesOf = (tasks: readonly ChatPlan[]): string[] => [
  ...new Set(tasks.flatMap(({ chosen }) => chosen.style ?? [])),
];
