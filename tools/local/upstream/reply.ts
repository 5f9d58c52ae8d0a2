import { createHash } from "node:crypto";
import { type Faults, withoutFaults } from "./faults.ts";
import { type ChatRequest, lastUserText, textOf } from "./request.ts";
import { sampleOf } from "./sample.ts";
import { promptTokens, type Tokenizer } from "./tokens.ts";

interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

export interface Choice {
  content: string;
  toolCall?: ToolCall;
  finishReason: "stop" | "length" | "tool_calls";
}

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

export interface Reply {
  id: string;
  choices: Choice[];
  usage: Usage | undefined;
}

/** What the stand-in answers: a function of the request alone, so that tests can expect it. */
export function replyTo(request: ChatRequest, faults: Faults, tokenizer: Tokenizer): Reply {
  const digest = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 24);
  const choices = Array.from({ length: request.n ?? 1 }, (_, index) =>
    choiceAt(index, { request, faults, tokenizer, digest }),
  );
  const prompt = promptTokens(request, tokenizer);
  const completion = choices.reduce((sum, choice) => sum + tokensOf(choice, tokenizer), 0);
  return {
    id: `chatcmpl-${digest}`,
    choices,
    usage:
      faults.usage === "none"
        ? undefined
        : {
            prompt_tokens: prompt,
            completion_tokens: completion,
            total_tokens: prompt + completion,
          },
  };
}

interface ChoiceContext {
  request: ChatRequest;
  faults: Faults;
  tokenizer: Tokenizer;
  digest: string;
}

function choiceAt(index: number, { request, faults, tokenizer, digest }: ChoiceContext): Choice {
  const tool = toolAskedFor(request);
  if (tool !== undefined) {
    const toolCall = {
      id: `call_${digest}${index}`,
      name: tool.name,
      arguments: JSON.stringify(sampleOf(tool.parameters)),
    };
    return { content: "", toolCall, finishReason: "tool_calls" };
  }
  const whole = contentOf(request, faults, index);
  const bound = request.max_completion_tokens ?? request.max_tokens ?? Number.POSITIVE_INFINITY;
  const fits = tokenizer.count(whole) <= bound;
  return {
    content: fits ? whole : tokenizer.head(whole, bound),
    finishReason: fits ? "stop" : "length",
  };
}

function contentOf(request: ChatRequest, { words }: Faults, index: number): string {
  const format = request.response_format;
  if (format?.type === "json_schema") {
    const { schema } = Object(format.json_schema) as { schema?: unknown };
    return JSON.stringify(sampleOf(schema));
  }
  const last = request.messages.at(-1);
  const answer =
    words !== undefined
      ? Array.from({ length: words }, (_, word) => `word${word + 1}`).join(" ")
      : last?.role === "tool"
        ? `The tool said: ${textOf(last)}`
        : `You said: ${withoutFaults(lastUserText(request))}`;
  const text = index === 0 ? answer : `${answer} (choice ${index + 1})`;
  return format?.type === "json_object" ? JSON.stringify({ answer: text }) : text;
}

/** The tool to call: one that `tool_choice` demands, or one that the last message names. */
function toolAskedFor({ messages, tools, tool_choice: choice }: ChatRequest) {
  const functions = (tools ?? []).map((tool) => tool.function);
  const last = messages.at(-1);
  if (choice === "none" || last === undefined || last.role === "tool") return undefined;
  if (choice === "required") return functions[0];
  if (typeof choice === "object" && choice !== null) {
    return functions.find(({ name }) => name === choice.function.name);
  }
  return functions.find(({ name }) => textOf(last).includes(name));
}

const tokensOf = ({ content, toolCall }: Choice, tokenizer: Tokenizer): number =>
  tokenizer.count(toolCall === undefined ? content : `${toolCall.name}${toolCall.arguments}`);
