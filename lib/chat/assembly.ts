import * as z from "zod";
import type { ChatChunk, ChatCompletion } from "./rules.ts";

/** A piece of a call: the first of an index names it, the others add to its arguments. */
const CallDelta = z.looseObject({
  index: z.int().min(0).default(0),
  function: z
    .looseObject({ name: z.string().nullish(), arguments: z.string().nullish() })
    .nullish(),
});
const CallDeltas = z.array(CallDelta);

interface Call extends Record<string, unknown> {
  function: { name: string; arguments: string };
}

interface Choice {
  texts: Map<string, string>;
  calls: Map<number, Call>;
  finishReason: string | null;
}

/** Puts the pieces of a stream together to the answer that would have come without streaming. */
export function assembly(model: string) {
  let first: Pick<ChatChunk, "id" | "created"> = { id: "", created: 0 };
  let usage: ChatChunk["usage"];
  const choices = new Map<number, Choice>();

  const choiceAt = (index: number): Choice => {
    const known = choices.get(index);
    if (known) return known;
    const made: Choice = { texts: new Map(), calls: new Map(), finishReason: null };
    choices.set(index, made);
    return made;
  };

  return {
    add: (chunk: ChatChunk): void => {
      if (first.id === "") first = chunk;
      if (chunk.usage) usage = chunk.usage;
      for (const { index, delta, finish_reason } of chunk.choices) {
        const choice = choiceAt(index);
        addTexts(choice.texts, delta);
        addCalls(choice.calls, delta.tool_calls);
        choice.finishReason = finish_reason ?? choice.finishReason;
      }
    },
    completion: (): ChatCompletion => ({
      id: first.id,
      object: "chat.completion",
      created: first.created,
      model,
      choices: [...choices].map(([index, choice]) => ({
        index,
        message: messageOf(choice),
        finish_reason: choice.finishReason,
      })),
      ...(usage && { usage }),
    }),
  };
}

/** Members of a piece that are text, such as `content` and `refusal`: one is added to the next. */
function addTexts(texts: Map<string, string>, delta: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(delta)) {
    if (typeof value !== "string" || name === "role") continue;
    texts.set(name, (texts.get(name) ?? "") + value);
  }
}

function addCalls(calls: Map<number, Call>, given: unknown): void {
  const parsed = CallDeltas.safeParse(given);
  for (const { index, function: part, ...rest } of parsed.data ?? []) {
    const call = calls.get(index);
    calls.set(index, {
      ...rest,
      ...call,
      function: {
        name: call?.function.name ?? part?.name ?? "",
        arguments: (call?.function.arguments ?? "") + (part?.arguments ?? ""),
      },
    });
  }
}

function messageOf({ texts, calls }: Choice): ChatCompletion["choices"][number]["message"] {
  const { content = "", ...others } = Object.fromEntries(texts);
  return {
    role: "assistant",
    // A message that only calls has no content.
    content: content === "" && calls.size > 0 ? null : content,
    ...others,
    ...(calls.size > 0 && { tool_calls: [...calls.values()] }),
  };
}
