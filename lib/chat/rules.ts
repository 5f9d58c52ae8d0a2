import * as z from "zod";
import { levelNames } from "../accounts/levels.ts";
import { Style } from "./styles.ts";

/** Messages in one request. */
const mostMessages = 200;

/** Answers to one request; more would be many requests for the price of one. */
const mostChoices = 8;

/** Tokens one answer may be asked to have: more than any model gives, and a number that any provider reads. */
const mostTokens = 1_000_000;

export const Level = z.enum(levelNames);

/** Bounds how many searches a research makes: one, three or five. */
export const ResearchDepth = z.enum(["basic", "medium", "high"]);
export type ResearchDepth = z.output<typeof ResearchDepth>;

/** A part of a message: text, a picture, sound, a file; what it may hold is the model's business. */
const Part = z.looseObject({ type: z.string() });

const Message = z.looseObject({
  role: z.enum(["system", "developer", "user", "assistant", "tool", "function"]),
  content: z.union([z.string(), z.array(Part)]).nullish(),
});

/** An object of OpenAI's API that is passed on as it is. */
const Passed = z.looseObject({});

const answerTokens = z.int().min(1).max(mostTokens).nullish();

const penalty = z.number().min(-2).max(2).nullish();

/** Fields that are passed on to the model as they are; only their kind is checked here. */
const passedOn = {
  audio: Passed.nullish(),
  frequency_penalty: penalty,
  function_call: z.union([z.string(), Passed]).nullish(),
  functions: z.array(Passed).max(128).nullish(),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  logprobs: z.boolean().nullish(),
  max_completion_tokens: answerTokens,
  max_tokens: answerTokens,
  metadata: z.record(z.string(), z.string()).nullish(),
  modalities: z.array(z.string()).nullish(),
  n: z.int().min(1).max(mostChoices).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  prediction: Passed.nullish(),
  presence_penalty: penalty,
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  reasoning_effort: z.string().nullish(),
  response_format: Passed.nullish(),
  safety_identifier: z.string().nullish(),
  seed: z.int().nullish(),
  service_tier: z.string().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  store: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  tool_choice: z.union([z.string(), Passed]).nullish(),
  tools: z.array(Passed).max(128).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().nullish(),
  verbosity: z.string().nullish(),
  web_search_options: Passed.nullish(),
};

/** POST /v1/chat/completions: OpenAI's request, and four fields of ours. */
export const ChatRequest = z.object({
  model: z
    .string()
    .max(200)
    .optional()
    .describe("`pe-<level>`, `pe-<level>+<r_type>`, or the name of a model behind a level."),
  level: Level.nullish().describe("Stands above the level in `model`."),
  r_type: Style.nullish().describe("The prompt style; stands above the one in `model`."),
  ai_research: z.boolean().nullish().describe("Have the web searched before the answer."),
  research_depth: ResearchDepth.nullish(),
  messages: z.array(Message).min(1).max(mostMessages),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  ...passedOn,
});
export type ChatRequest = z.output<typeof ChatRequest>;
export type ChatMessage = ChatRequest["messages"][number];

/** A count above it is no count: no model takes or gives as much, and sums of many have to stay whole numbers. */
const counted = z.int().min(0).max(100_000_000);

/** Tokens as OpenAI counts them. */
export const Usage = z.looseObject({
  prompt_tokens: counted,
  completion_tokens: counted,
  total_tokens: counted,
});

const created = z.int().min(0);

/** What providers leave out or write in a way of their own: no answer is lost for it. */
const head = {
  id: z.string().catch(""),
  created: created.catch(0),
  model: z.string().catch(""),
  service_tier: z.string().nullish().catch(undefined),
  system_fingerprint: z.string().nullish().catch(undefined),
};
const usage = Usage.nullish().catch(undefined);

/** A whole answer. Members it does not name are the provider's own and go nowhere. */
export const ChatCompletion = z.object({
  ...head,
  object: z.literal("chat.completion").catch("chat.completion"),
  choices: z
    .array(
      z.looseObject({
        index: z.int().min(0),
        message: z.looseObject({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  usage,
});
export type ChatCompletion = z.output<typeof ChatCompletion>;

/** One piece of a streamed answer. */
export const ChatChunk = z.object({
  ...head,
  object: z.literal("chat.completion.chunk").catch("chat.completion.chunk"),
  choices: z.array(
    z.looseObject({
      index: z.int().min(0),
      delta: z.looseObject({ content: z.string().nullish() }),
      finish_reason: z.string().nullish(),
    }),
  ),
  usage,
});
export type ChatChunk = z.output<typeof ChatChunk>;

/** A model by the name that requests call it. */
export const Model = z.object({
  id: z.string(),
  object: z.literal("model"),
  created,
  owned_by: z.string(),
});
export type Model = z.output<typeof Model>;

/** GET /v1/models */
export const ModelList = z.object({ object: z.literal("list"), data: z.array(Model) });

/** What is said of a research, in the answer or in its first piece. */
const researchTold = {
  research: z
    .enum(["used", "unavailable"])
    .optional()
    .describe("Whether a research was made; absent unless one was asked for."),
  sources: z.array(z.object({ title: z.string(), url: z.string() })).optional(),
};

/** POST /v1/chat/completions: the model's answer, and what is said of a research. */
export const ChatReply = ChatCompletion.extend(researchTold);

/** One event of the same answer as a stream. */
export const ChatEvent = ChatChunk.extend(researchTold);
