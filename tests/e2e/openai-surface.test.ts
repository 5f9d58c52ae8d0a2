import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { MongoClient } from "mongodb";
import OpenAI, {
  APIConnectionError,
  APIUserAbortError,
  BadRequestError,
  InternalServerError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import * as z from "zod";
import { type LocalStack, startLocalStack } from "./local-stack.ts";

jest.setTimeout(120_000);

const data = mkdtempSync(join(tmpdir(), "surface-"));
let stack: LocalStack;
let database: MongoClient;
let openai: OpenAI;

const accounts = () => database.db("promptenchanter").collection("accounts");

const give = (fields: object) =>
  accounts().updateOne({ email: stack.demoUser?.email }, { $set: fields });

/** How many requests of the SDK a piece of work took. */
async function requestsDuring(work: () => Promise<unknown>): Promise<number> {
  const events = database.db("promptenchanter").collection("usageEvents");
  const chats = { endpoint: "/v1/chat/completions" };
  const before = await events.countDocuments(chats);
  await work();
  return (await events.countDocuments(chats)) - before;
}

beforeAll(async () => {
  stack = await startLocalStack(data);
  database = await new MongoClient(stack.mongodbUri).connect();
  openai = new OpenAI({ baseURL: `${stack.apiUrl}/v1`, apiKey: stack.demoUser?.apiKey ?? "" });
  await give({
    plan: "enterprise",
    level: 4,
    rTypes: ["bpe", "tot"],
    balance: 1_000,
    "conversations.perDay": 1_000,
  });
});
afterAll(async () => {
  await database?.close();
  stack?.process.kill("SIGTERM");
  rmSync(data, { recursive: true, force: true });
});

const ask = (content: string) => ({
  model: "pe-low",
  messages: [{ role: "user" as const, content }],
});

const weather = {
  type: "function" as const,
  function: {
    name: "weather",
    description: "The weather of a town",
    parameters: {
      type: "object",
      properties: { town: { type: "string" } },
      required: ["town"],
      additionalProperties: false,
    },
  },
};

describe("the chat surface of the OpenAI SDK, unmodified, through npm start", () => {
  it("gives several choices, a bounded answer and its finish reason", async () => {
    const two = await openai.chat.completions.create({ ...ask("Hello"), n: 2, seed: 1 });
    expect(two.choices.map(({ index }) => index)).toEqual([0, 1]);
    const short = await openai.chat.completions.create({ ...ask("Hello again"), max_tokens: 2 });
    expect(short.choices[0]?.finish_reason).toBe("length");
    expect(short.usage?.completion_tokens).toBe(2);
  });

  it("keeps the caller's system message and reaches styles by the model's name", async () => {
    const answer = await openai.chat.completions.create({
      model: "pe-medium+tot",
      messages: [
        { role: "system", content: "Answer in verse." },
        { role: "user", content: "Hello" },
      ],
    });
    expect(answer.model).toBe("gpt-4o");
    expect(answer.choices[0]?.message.content).toBe("You said: Hello");
  });

  it("streams through the helper, whose last content and usage are whole", async () => {
    const seen: string[] = [];
    const stream = openai.chat.completions
      .stream({ ...ask("one two three"), stream_options: { include_usage: true } })
      .on("content", (piece) => seen.push(piece));
    const completion = await stream.finalChatCompletion();
    expect(seen.join("")).toBe("You said: one two three");
    expect(completion.choices[0]?.message.content).toBe("You said: one two three");
    expect((await stream.totalUsage()).total_tokens).toBeGreaterThan(0);
  });

  it.each([true, false])("calls tools and takes their answers (streamed: %s)", async (stream) => {
    const towns: unknown[] = [];
    const run = {
      ...ask("What says the weather of Kiel?"),
      tools: [
        {
          ...weather,
          function: {
            ...weather.function,
            parse: JSON.parse,
            function: (given: unknown) => {
              towns.push(given);
              return "rain";
            },
          },
        },
      ],
    };
    const runner = stream
      ? openai.chat.completions.runTools({ ...run, stream: true } as never)
      : openai.chat.completions.runTools(run as never);
    expect(await runner.finalContent()).toBe("The tool said: rain");
    expect(towns).toEqual([{ town: expect.any(String) }]);
  });

  it("parses structured outputs by a schema", async () => {
    const Point = z.object({ x: z.number(), label: z.string() });
    const answer = await openai.chat.completions.parse({
      ...ask("A point, please"),
      response_format: zodResponseFormat(Point, "point"),
    });
    expect(Point.safeParse(answer.choices[0]?.message.parsed).success).toBe(true);
  });

  it("raises the class of each failure, once where a retry can't help", async () => {
    const failure = (request: object) =>
      openai.chat.completions.create(request as never).catch((error: unknown) => error);
    const failed = async (request: object) => {
      let error: unknown;
      const requests = await requestsDuring(async () => {
        error = await failure(request);
      });
      return { error, requests };
    };
    const bad = await failed({ ...ask("Hello"), temperature: 9 });
    expect(bad.error).toBeInstanceOf(BadRequestError);
    expect(bad.error).toMatchObject({ status: 400, param: "temperature" });
    expect(bad.requests).toBe(1);
    const denied = await failed({ ...ask("Hello"), model: "pe-low+react" });
    expect(denied.error).toBeInstanceOf(PermissionDeniedError);
    expect(denied.error).toMatchObject({ status: 403, code: "RTYPE_NOT_ALLOWED" });
    expect(denied.requests).toBe(1);
    const rejected = await failed(ask("[[status 400]] no"));
    expect(rejected.error).toBeInstanceOf(BadRequestError);
    expect(rejected.error).toMatchObject({ code: "UPSTREAM_REJECTED" });
  });

  it("raises InternalServerError for a broken model, of which nobody pays a try", async () => {
    const broken = new OpenAI({
      baseURL: openai.baseURL,
      apiKey: openai.apiKey,
      maxRetries: 0,
      timeout: 60_000,
    });
    const before = await accounts().findOne({ email: stack.demoUser?.email });
    const error = await broken.chat.completions
      .create(ask("[[malformed]] Hello"))
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error).toMatchObject({ status: 502 });
    const after = await accounts().findOne({ email: stack.demoUser?.email });
    expect(after?.balance).toBe(before?.balance);
  });

  it("waits out a rate limit as the headers say, and succeeds by itself", async () => {
    await give({ rate: {}, override: { rate: { chat: { perMinute: 30, burst: 1 } } } });
    const requests = await requestsDuring(async () => {
      const both = ["first", "second"].map((word) => openai.chat.completions.create(ask(word)));
      await Promise.all(both);
    });
    await accounts().updateOne({ email: stack.demoUser?.email }, { $unset: { override: 1 } });
    expect(requests).toBe(3);
  });

  it("raises RateLimitError with what is left where waiting is too long", async () => {
    await give({ "conversations.perDay": 0 });
    const error = await openai.chat.completions.create(ask("Hello")).catch((reason) => reason);
    await give({ "conversations.perDay": 1_000 });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.code).toBe("CONVERSATION_LIMIT_EXCEEDED");
    expect(error.headers.get("x-should-retry")).toBe("false");
  });

  it("aborts and times out on the caller's side", async () => {
    const controller = new AbortController();
    const pending = openai.chat.completions.create(ask("[[delay 5000]] Hello"), {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 100);
    await expect(pending).rejects.toThrow(APIUserAbortError);
    // Jest's realms keep the SDK from telling a timeout from other connection errors.
    await expect(
      openai.chat.completions.create(ask("[[delay 5000]] Hello"), { timeout: 200, maxRetries: 0 }),
    ).rejects.toThrow(APIConnectionError);
  });

  it("shows the request's id, which the log has too", async () => {
    const { request_id: id } = await openai.chat.completions.create(ask("Hello")).withResponse();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(
      await database
        .db("promptenchanter")
        .collection<{ _id: string }>("usageEvents")
        .findOne({ _id: id ?? "" }),
    ).toMatchObject({ outcome: "captured" });
  });
});
