import * as z from "zod";
import { ChatReply, ChatRequest, Level, ResearchDepth } from "../chat/rules.ts";
import { Style } from "../chat/styles.ts";

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
  enable_research: z.boolean().default(false).describe("Have the web searched before each answer."),
  research_depth: ResearchDepth.default("basic"),
  parallel: z.boolean().default(true).describe("Ten tasks at once, or one after the other."),
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
const TaskResult = z.object({
  task_index: z.int().min(0),
  success: z.boolean(),
  response: ChatReply.nullable(),
  error: z.string().nullable(),
  error_code: z.string().nullable().describe("A code of docs/errors.md, or `UNFINISHED`."),
  processing_time_ms: z.int().min(0),
  tokens_used: z.int().min(0),
});
export type TaskResult = z.output<typeof TaskResult>;

export const BatchReply = z.object({
  batch_id: z.string(),
  total_tasks: z.int().min(1),
  successful_tasks: z.int().min(0),
  failed_tasks: z
    .int()
    .min(0)
    .describe("Those that failed, and those that were not finished in time."),
  unfinished_tasks: z.int().min(0),
  results: z.array(TaskResult),
  total_tokens_used: z.int().min(0),
  total_processing_time_ms: z.int().min(0),
  created_at: z.iso.datetime(),
});
export type BatchReply = z.output<typeof BatchReply>;
