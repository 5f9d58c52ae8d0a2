import * as z from "zod";
import { type ChatCompletion, ChatRequest, Level, ResearchDepth, Style } from "../chat/rules.ts";

/** Tasks in one request. */
const mostTasks = 50;

const Task = z.strictObject({
  prompt: z.string().min(1),
  r_type: Style.nullable().default("bpe"),
  ...ChatRequest.pick({
    temperature: true,
    max_tokens: true,
    top_p: true,
    frequency_penalty: true,
    presence_penalty: true,
    stop: true,
  }).shape,
});

/** POST /v1/batch/process */
export const BatchRequest = z.object({
  batch: z.array(Task).min(1).max(mostTasks),
  level: Level,
  /** Have the web searched before each answer. */
  enable_research: z.boolean().default(false),
  research_depth: ResearchDepth.default("basic"),
  /** Ten tasks at once, or one after the other. */
  parallel: z.boolean().default(true),
});
export type BatchRequest = z.output<typeof BatchRequest>;

/** Of the function's time, after which tasks are given up. */
const share = 0.8;

/** Milliseconds between that and the moment at which everything is cut, where little time is left. */
const margin = 500;

/** Milliseconds that the tasks of a batch may take in all. */
export const timeForTasks = (left: { functionMs: number; remainingMs: number }): number =>
  Math.max(0, Math.min(Math.round(left.functionMs * share), left.remainingMs - margin));

/** What became of one task. */
export interface TaskResult {
  task_index: number;
  success: boolean;
  response: ChatCompletion | null;
  error: string | null;
  /** A code of docs/errors.md, or `UNFINISHED`. */
  error_code: string | null;
  processing_time_ms: number;
  tokens_used: number;
}

export interface BatchReply {
  batch_id: string;
  total_tasks: number;
  successful_tasks: number;
  /** Those that failed, and those that were not finished in time. */
  failed_tasks: number;
  unfinished_tasks: number;
  results: TaskResult[];
  total_tokens_used: number;
  total_processing_time_ms: number;
  created_at: string;
}
