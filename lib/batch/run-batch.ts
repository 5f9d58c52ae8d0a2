import { complete } from "../chat/complete.ts";
import type { ChatPlan } from "../chat/plan-chat.ts";
import { Failure } from "../errors.ts";
import type { Log } from "../logger.ts";
import type { ResearchDeps } from "../research/research.ts";
import { bounded } from "../security/bounded.ts";
import { type BatchPlan, stylesOf } from "./plan-batch.ts";
import type { BatchReply, TaskResult } from "./rules.ts";

/** Tasks that run at the same time. */
const atOnce = 10;

/** Bytes of the answer to one task: all fifty are kept until the last has come. */
const longestTask = 2 * 1024 * 1024;

interface BatchDeps extends ResearchDeps {
  log: Pick<Log, "warn" | "error">;
}

interface Input {
  plan: BatchPlan;
  /** Of the request: names the batch. */
  id: string;
  /** What the account is allowed. */
  rTypes: readonly string[];
  /** Ends it all, with its reason: nobody is there to read the results. */
  signal: AbortSignal;
  /** Milliseconds after which tasks that are not finished are given up. */
  timeMs: number;
}

type Chat = Awaited<ReturnType<typeof complete>>;

type Ended = { plan: ChatPlan; duration: number } & (
  | { chat: Chat; failure?: undefined; unfinished: false }
  | { chat?: undefined; failure: Failure; unfinished: boolean }
);

/**
 * Runs the tasks of a batch and reports on each; one that fails or is not finished in time costs
 * nothing and keeps no other from succeeding.
 * @throws Failure RTYPE_NOT_ALLOWED for a style the account may not use, or the signal's reason
 */
export async function runBatch(deps: BatchDeps, input: Input) {
  const { plan, id, rTypes, signal, timeMs } = input;
  if (stylesOf(plan.tasks).some((style) => !rTypes.includes(style))) {
    throw new Failure("RTYPE_NOT_ALLOWED", { extra: { allowed_r_types: rTypes } });
  }
  const startedAt = performance.now();
  const timeUp = AbortSignal.timeout(timeMs);
  const both = AbortSignal.any([signal, timeUp]);
  const run = bounded(plan.parallel ? atOnce : 1);

  const runTask = async (task: ChatPlan): Promise<Ended> => {
    const taskStartedAt = performance.now();
    const ended = () => ({ plan: task, duration: Math.round(performance.now() - taskStartedAt) });
    try {
      both.throwIfAborted();
      const chat = await complete(deps, { plan: task, signal: both, mostBytes: longestTask });
      return { ...ended(), chat, unfinished: false };
    } catch (error) {
      const failure =
        error instanceof Failure ? error : new Failure("INTERNAL_ERROR", { cause: error });
      if (failure !== error && !both.aborted) deps.log.error("task of a batch", { error });
      return { ...ended(), failure, unfinished: timeUp.aborted };
    }
  };

  const tasks = await Promise.all(plan.tasks.map((task) => run(() => runTask(task))));
  signal.throwIfAborted();
  const duration = Math.round(performance.now() - startedAt);
  return { reply: replyOf(tasks, { id, duration }), used: usedBy(tasks, duration) };
}

function replyOf(tasks: Ended[], { id, duration }: { id: string; duration: number }): BatchReply {
  const results = tasks.map(resultOf);
  const succeeded = results.filter(({ success }) => success).length;
  return {
    batch_id: `batch_${id}`,
    total_tasks: tasks.length,
    successful_tasks: succeeded,
    failed_tasks: tasks.length - succeeded,
    unfinished_tasks: tasks.filter(({ unfinished }) => unfinished).length,
    results,
    total_tokens_used: results.reduce((sum, { tokens_used }) => sum + tokens_used, 0),
    total_processing_time_ms: duration,
    created_at: new Date().toISOString(),
  };
}

const resultOf = ({ chat, failure, unfinished, duration }: Ended, index: number): TaskResult => ({
  task_index: index,
  success: chat !== undefined,
  response: chat?.reply ?? null,
  error: unfinished ? "Time was up before this task was finished." : saidOf(failure),
  error_code: unfinished ? "UNFINISHED" : (failure?.code ?? null),
  processing_time_ms: duration,
  tokens_used: chat === undefined ? 0 : chat.used.tokens.input + chat.used.tokens.output,
});

const saidOf = (failure: Failure | undefined): string | null =>
  failure ? [failure, ...failure.errors].map(({ message }) => message).join(" ") : null;

/** What the tasks that succeeded used, as one request. */
function usedBy(tasks: Ended[], duration: number) {
  const done = tasks.flatMap(({ chat }) => (chat === undefined ? [] : [chat.used]));
  const sum = (of: (used: Chat["used"]) => number) =>
    done.reduce((total, used) => total + of(used), 0);
  const unfinished = tasks.filter((task) => task.unfinished).length;
  const plans = tasks.map(({ plan }) => plan);
  return {
    kind: done.length > 0 ? ("captured" as const) : ("failed" as const),
    credits: sum(({ credits }) => credits),
    conversations: sum(({ conversations }) => conversations),
    tokens: {
      input: sum(({ tokens }) => tokens.input),
      output: sum(({ tokens }) => tokens.output),
      estimated: done.some(({ tokens }) => tokens.estimated),
    },
    tasks: {
      total: tasks.length,
      succeeded: done.length,
      failed: tasks.length - done.length - unfinished,
      unfinished,
      models: [...new Set(plans.map(({ chosen }) => chosen.model))],
      rTypes: stylesOf(plans),
    },
    messages: tasks.flatMap(({ chat }, task) =>
      (chat?.used.messages ?? []).map((message) => ({ ...message, task })),
    ),
    upstreamMs: duration,
  };
}
