import * as z from "zod";
import type { ChatPlan } from "./plan-chat.ts";
import { Usage } from "./rules.ts";

/** An answer as it was kept; what it has beside these members goes with its first piece. */
const Kept = z.looseObject({
  object: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int(),
      message: z.looseObject({}),
      finish_reason: z.string().nullable(),
    }),
  ),
  usage: Usage.nullish(),
  /** What cut it short. */
  error: z.looseObject({}).optional(),
});
type Kept = z.output<typeof Kept>;

/**
 * A kept answer as the pieces of a stream, for a request that asks for one: each choice whole, then
 * its end; last the error, if the answer was cut short.
 */
export function replayChat({ request }: ChatPlan, kept: string) {
  return request.stream ? piecesOf(Kept.parse(JSON.parse(kept)), request) : undefined;
}

async function* piecesOf(
  { choices, usage, error, object: _whole, id, created, model, ...once }: Kept,
  { stream_options }: ChatPlan["request"],
): AsyncGenerator<object, void> {
  const head = { id, object: "chat.completion.chunk", created, model };
  for (const [place, { message, finish_reason, ...choice }] of choices.entries()) {
    const { tool_calls: calls, ...rest } = message;
    const delta = {
      ...rest,
      ...(Array.isArray(calls) && {
        tool_calls: calls.map((call, at) => ({ index: at, ...call })),
      }),
    };
    const pieces = [{ ...choice, delta, finish_reason: null }];
    yield { ...head, choices: pieces, ...(place === 0 && once) };
    if (finish_reason !== null) {
      yield { ...head, choices: [{ index: choice.index, delta: {}, finish_reason }] };
    }
  }
  if (stream_options?.include_usage && usage) yield { ...head, choices: [], usage };
  if (error) yield { error };
}
