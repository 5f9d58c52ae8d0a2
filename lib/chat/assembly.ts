import { Failure } from "../errors.ts";
import { longestAnswer } from "../upstream/read-text.ts";
import { added, indexOf, sizeOf } from "./accumulate.ts";
import type { ChatChunk, ChatCompletion } from "./rules.ts";

interface Choice {
  /** The pieces of its message, added up. */
  message: unknown;
  /** Members beside the message, such as `logprobs`. */
  rest: unknown;
  finishReason: string | null;
}

/** What a provider says of how it answered; some say it with the first piece, some with the last. */
const told = ["service_tier", "system_fingerprint"] as const;

/** Puts the pieces of a stream together to the answer that would have come without streaming. */
export function assembly(model: string) {
  let first: Pick<ChatChunk, "id" | "created"> = { id: "", created: 0 };
  const provider: Pick<ChatChunk, (typeof told)[number]> = {};
  let usage: ChatChunk["usage"];
  const choices = new Map<number, Choice>();
  let size = 0;

  return {
    /** @throws Failure UPSTREAM_FAILED if that makes it longer than a whole answer may be */
    add: (chunk: ChatChunk): void => {
      if (first.id === "") first = chunk;
      for (const name of told) if (chunk[name] != null) provider[name] = chunk[name];
      if (chunk.usage) usage = chunk.usage;
      for (const { index, delta, finish_reason, ...rest } of chunk.choices) {
        size += sizeOf(delta) + sizeOf(rest);
        if (size > longestAnswer) {
          throw new Failure("UPSTREAM_FAILED", { cause: "the stream is too long" });
        }
        const known = choices.get(index);
        choices.set(index, {
          message: added(known?.message, delta),
          rest: added(known?.rest, rest),
          finishReason: finish_reason ?? known?.finishReason ?? null,
        });
      }
    },
    /** Whether anything was answered. */
    isEmpty: (): boolean => choices.size === 0,
    completion: (): ChatCompletion => ({
      id: first.id,
      object: "chat.completion",
      created: first.created,
      model,
      ...provider,
      choices: [...choices]
        .sort(([one], [other]) => one - other)
        .map(([index, { message, rest, finishReason }]) => ({
          ...(rest as object),
          index,
          message: messageOf(message as Record<string, unknown>),
          finish_reason: finishReason,
        })),
      ...(usage && { usage }),
    }),
  };
}

function messageOf({
  content,
  tool_calls,
  ...others
}: Record<string, unknown>): ChatCompletion["choices"][number]["message"] {
  const calls = objectsIn(tool_calls).toSorted(byIndex).map(withoutIndex);
  const text = typeof content === "string" ? content : "";
  const onlyCalls = text === "" && (calls.length > 0 || "function_call" in others);
  return {
    ...others,
    role: "assistant",
    content: onlyCalls ? null : text,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

const objectsIn = (value: unknown): object[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];

const byIndex = (one: unknown, other: unknown): number =>
  (indexOf(one) ?? 0) - (indexOf(other) ?? 0);

/** A call in the form that it has in a whole answer. */
function withoutIndex(call: object): object {
  const { index: _, function: named, ...rest } = call as { index?: unknown; function?: object };
  return { ...rest, ...(named && { function: { arguments: "", ...named } }) };
}
