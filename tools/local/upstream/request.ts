import * as z from "zod";

const Part = z.looseObject({ type: z.string(), text: z.string().optional() });

const Message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(Part), z.null()]).optional(),
});

const Tool = z.looseObject({
  type: z.literal("function"),
  function: z.looseObject({ name: z.string(), parameters: z.unknown().optional() }),
});

/** The part of OpenAI's chat completion request that the stand-in looks at; the rest passes unread. */
export const ChatRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  n: z.number().int().min(1).max(128).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  tools: z.array(Tool).nullish(),
  tool_choice: z
    .union([
      z.enum(["none", "auto", "required"]),
      z.looseObject({ function: z.looseObject({ name: z.string() }) }),
    ])
    .nullish(),
  response_format: z
    .looseObject({
      type: z.enum(["text", "json_object", "json_schema"]),
      json_schema: z.unknown().optional(),
    })
    .nullish(),
});

export type ChatRequest = z.output<typeof ChatRequest>;

type Message = ChatRequest["messages"][number];

/** The text of a message, its parts joined; pictures and sound count for nothing. */
export const textOf = ({ content }: Message): string =>
  typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join(" ");

export const lastUserText = ({ messages }: ChatRequest): string => {
  const last = messages.findLast(({ role }) => role === "user");
  return last === undefined ? "" : textOf(last);
};
