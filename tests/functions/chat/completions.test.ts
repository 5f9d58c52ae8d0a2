import { describe, expect, it } from "@jest/globals";
import { defaultSettings } from "../../../lib/settings/rules.ts";
import { keyedService, say } from "./support.ts";

const service = await keyedService();
const { somebody, stateOf, eventsOf } = service;
const ask = await service.asking("chat/completions", "/v1/chat/completions");

describe("POST /v1/chat/completions", () => {
  it("answers in OpenAI's form, takes the price, and records it", async () => {
    const { id, key } = await somebody();
    const { status, headers, json } = await ask({
      key,
      body: { model: "pe-low", messages: say("Hello there") },
      headers: { "X-Request-Id": "mine" },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      object: "chat.completion",
      model: "gpt-4o-mini",
      choices: [{ index: 0, message: { role: "assistant", content: "You said: Hello there" } }],
      usage: { total_tokens: expect.any(Number) },
    });
    expect(headers).toMatchObject({
      "X-Credits-Remaining": "99",
      RateLimit: expect.stringMatching(/^"chat";r=\d+;t=\d+$/),
      "RateLimit-Policy": '"chat";q=200;w=60',
      "x-ratelimit-limit-requests": "200",
      "Server-Timing": expect.stringMatching(
        /^gate;dur=[\d.]+, upstream;dur=[\d.]+, settle;dur=[\d.]+$/,
      ),
    });
    expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({
        _id: headers["X-Request-Id"],
        clientRequestId: "mine",
        outcome: "captured",
        status: 200,
        model: "gpt-4o-mini",
        endpoint: "/v1/chat/completions",
        tokens: {
          input: json.usage.prompt_tokens,
          output: json.usage.completion_tokens,
          estimated: false,
        },
      }),
    ]);
  });

  it.each<[object, string, string | null]>([
    [{ model: "pe-medium" }, "gpt-4o", null],
    [{ model: "pe-ultra+tot" }, "gpt-5", "tot"],
    [{ model: "o3-mini" }, "o3-mini", null],
    [{ level: "high" }, "o3-mini", null],
    [{ model: "pe-low+bpe", level: "ultra", r_type: "react" }, "gpt-5", "react"],
  ])("%j asks %s in the style %s", async (fields, model, style) => {
    const { key } = await somebody();
    const messages = [{ role: "system", content: "Be brief." }, ...say("Hello")];
    const { status } = await ask({ key, body: { ...fields, messages } });
    expect(status).toBe(200);
    const [asked] = await service.upstreamAsked();
    const prompt = style === null ? [] : [promptOf(style)];
    expect(asked?.body).toEqual({ model, messages: [...prompt, ...messages] });
  });

  it("passes OpenAI's fields on, without those that are null", async () => {
    const { key } = await somebody();
    const fields = {
      temperature: 0.2,
      seed: 7,
      n: 2,
      stop: ["END"],
      logprobs: true,
      top_logprobs: 2,
      tools: [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }],
      tool_choice: "none",
      response_format: { type: "json_object" },
      metadata: { a: "b" },
    };
    const body = { model: "pe-low", messages: say("Hello"), ...fields, top_p: null, user: null };
    const { json } = await ask({ key, body });
    expect(json.choices).toHaveLength(2);
    const [asked] = await service.upstreamAsked();
    expect(asked?.body).toEqual({ model: "gpt-4o-mini", messages: say("Hello"), ...fields });
  });

  it.each([
    [1, { content: "You said: Hello" }],
    [2, [{ content: "You said: Hello" }, { content: "You said: Hello (choice 2)" }]],
  ])("keeps all answers in the log where n is %p", async (n, response) => {
    const { key, id } = await somebody();
    await ask({ key, body: { model: "pe-low", messages: say("Hello"), n } });
    const kept = await service.db.collection("messageLogs").findOne({ account: id });
    expect(JSON.parse(kept?.messages)).toMatchObject({ request: say("Hello"), response });
  });

  it("goes on without research where no search service is set up, and says so", async () => {
    const { key } = await somebody();
    const body = { model: "pe-low", messages: say("Hello"), ai_research: true };
    expect((await ask({ key, body })).json).toMatchObject({ research: "unavailable" });
    const [asked] = await service.upstreamAsked();
    expect(asked?.body).toEqual({ model: "gpt-4o-mini", messages: say("Hello") });
  });

  it("calls tools", async () => {
    const { key } = await somebody();
    const tools = [
      { type: "function", function: { name: "weather", parameters: { type: "object" } } },
    ];
    const { json } = await ask({
      key,
      body: { model: "pe-low", messages: say("weather?"), tools },
    });
    expect(json.choices[0]).toMatchObject({
      message: { content: null, tool_calls: [{ function: { name: "weather" } }] },
      finish_reason: "tool_calls",
    });
  });
});

const promptOf = (style: string) => ({
  role: "system",
  content: Object.entries(defaultSettings.prompts).find(([name]) => name === style)?.[1],
});

describe("a request that fails", () => {
  it.each<[string, string, number, string, number]>([
    [
      "an upstream 400 is the caller's, with its reason",
      "[[status 400]]",
      400,
      "UPSTREAM_REJECTED",
      1,
    ],
    ["an upstream 401 is our 502", "[[status 401]]", 502, "UPSTREAM_FAILED", 1],
    ["an upstream 404 is our 502", "[[status 404]]", 502, "UPSTREAM_FAILED", 1],
    ["an upstream 500 is tried three times", "[[status 500]]", 502, "UPSTREAM_FAILED", 3],
    ["an upstream 429 is tried three times", "[[status 429]]", 503, "UPSTREAM_BUSY", 3],
    [
      "an upstream 429 that asks for a long wait is not waited for",
      "[[status 429]] [[retry-after 60]]",
      503,
      "UPSTREAM_BUSY",
      1,
    ],
    ["an answer that is no JSON is tried three times", "[[malformed]]", 502, "UPSTREAM_FAILED", 3],
    ["a broken connection is tried three times", "[[cut 10]]", 502, "UPSTREAM_FAILED", 3],
  ])("%s, and costs nothing", async (_, message, status, code, tries) => {
    const { id, key } = await somebody();
    await service.forgetUpstream();
    const answer = await ask({ key, body: { model: "pe-low", messages: say(message) } });
    expect(answer).toMatchObject({ status, json: { error: { code, type: expect.any(String) } } });
    expect(answer.headers["X-Credits-Remaining"]).toBe("100");
    expect(answer.text).not.toContain("sk-test");
    expect(await service.upstreamAsked()).toHaveLength(tries);
    expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({ outcome: "failed", status, code }),
    ]);
  });

  it("ends 15 s before the function does, and costs nothing", async () => {
    const { id, key } = await somebody();
    const body = { model: "pe-low", messages: say("[[hang]]") };
    const answer = await ask({ key, body, remaining: 15_500 });
    expect(answer).toMatchObject({ status: 504, json: { error: { code: "UPSTREAM_TIMEOUT" } } });
    expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
  });

  it.each<[string, unknown, number, string, string | null]>([
    ["no JSON", "{", 400, "MALFORMED_JSON", null],
    ["no messages", { model: "pe-low" }, 400, "VALIDATION_FAILED", "messages"],
    ["an empty list", { model: "pe-low", messages: [] }, 400, "VALIDATION_FAILED", "messages"],
    [
      "a field unknown",
      { model: "pe-low", messages: say("x"), x: 1 },
      400,
      "VALIDATION_FAILED",
      "x",
    ],
    ["128 answers", { model: "pe-low", messages: say("x"), n: 128 }, 400, "VALIDATION_FAILED", "n"],
    [
      "answers of less than no length",
      { model: "pe-low", messages: say("x"), max_tokens: -1 },
      400,
      "VALIDATION_FAILED",
      "max_tokens",
    ],
    [
      "a length past all numbers",
      { model: "pe-low", messages: say("x"), max_completion_tokens: 1e300 },
      400,
      "VALIDATION_FAILED",
      "max_completion_tokens",
    ],
    ["no model", { messages: say("x") }, 400, "VALIDATION_FAILED", "model"],
    ["a model unknown", { model: "pe-huge", messages: say("x") }, 404, "model_not_found", "model"],
    ["a style unknown", { model: "pe-low+x", messages: say("x") }, 404, "model_not_found", "model"],
    [
      "too much",
      { model: "pe-low", messages: say("x".repeat(1_100_000)) },
      413,
      "BODY_TOO_LARGE",
      null,
    ],
    [
      "201 messages",
      { model: "pe-low", messages: Array(201).fill({ role: "user", content: "x" }) },
      400,
      "VALIDATION_FAILED",
      "messages",
    ],
  ])("%s: costs a rate slot and nothing else", async (_, body, status, code, param) => {
    const { id, key } = await somebody();
    const answer = await ask({ key, body });
    expect(answer).toMatchObject({ status, json: { error: { code, param } } });
    expect(answer.headers["x-should-retry"]).toBe("false");
    expect(answer.headers["x-ratelimit-remaining-requests"]).toBe("99");
    expect(await eventsOf(id)).toEqual([expect.objectContaining({ outcome: "failed", status })]);
    expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
  });
});
