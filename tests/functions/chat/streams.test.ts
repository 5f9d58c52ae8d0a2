import { describe, expect, it } from "@jest/globals";
import { eventsIn, keyedService, say } from "./support.ts";

const service = await keyedService();
const { somebody, stateOf, eventsOf } = service;
const ask = await service.asking("chat/completions", "/v1/chat/completions");

const stream = (content: string, more: object = {}) => ({
  model: "pe-low",
  messages: say(content),
  stream: true,
  ...more,
});

describe("POST /v1/chat/completions with stream: true", () => {
  it("answers as events in OpenAI's form, takes the price, and records the tokens that the caller did not ask for", async () => {
    const { id, key } = await somebody();
    const { status, headers, text } = await ask({ key, body: stream("Hello there") });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "Content-Type": "text/event-stream; charset=utf-8",
      "X-Credits-Remaining": "99",
    });
    const events = eventsIn(text);
    expect(events.at(-1)).toBe("[DONE]");
    const chunks = events.slice(0, -1);
    const words = chunks.map(({ choices }) => choices[0].delta.content ?? "");
    expect(words.join("")).toBe("You said: Hello there");
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ object: "chat.completion.chunk", model: "gpt-4o-mini" });
      expect(chunk).not.toHaveProperty("usage");
    }
    expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({
        outcome: "captured",
        status: 200,
        tokens: { input: expect.any(Number), output: expect.any(Number), estimated: false },
      }),
    ]);
    expect(await service.db.collection("messageLogs").find({ account: id }).toArray()).toHaveLength(
      1,
    );
  });

  it("tells the usage to who asks for it", async () => {
    const { key } = await somebody();
    const body = stream("Hello", { stream_options: { include_usage: true } });
    const events = eventsIn((await ask({ key, body })).text);
    expect(events.at(-2)).toMatchObject({
      choices: [],
      usage: { total_tokens: expect.any(Number) },
    });
  });

  it("estimates tokens that the upstream does not count", async () => {
    const { id, key } = await somebody();
    await ask({ key, body: stream("12345678 [[usage none]]") });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({ tokens: { input: 6, output: 5, estimated: true } }),
    ]);
  });

  it("counts what is called as said where it estimates", async () => {
    const { id, key } = await somebody();
    const tools = [
      { type: "function", function: { name: "weather", parameters: { type: "object" } } },
    ];
    await ask({ key, body: stream("weather? [[usage none]]", { tools }) });
    const [event] = await eventsOf(id);
    expect(event?.tokens.output).toBeGreaterThan(5);
  });

  it.each<[string, string, number, string]>([
    ["status 500", "before its first event", 502, "UPSTREAM_FAILED"],
    ["status 400", "before its first event", 400, "UPSTREAM_REJECTED"],
    ["cut 0", "before its first event", 502, "UPSTREAM_FAILED"],
  ])(
    "fails with its own status when the upstream fails (%s) %s",
    async (fault, _, status, code) => {
      const { id, key } = await somebody();
      const answer = await ask({ key, body: stream(`[[${fault}]]`) });
      expect(answer).toMatchObject({ status, json: { error: { code } } });
      expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
    },
  );

  it.each([["cut 3"], ["malformed"]])(
    "says so and charges nothing when the upstream fails in the middle: %s",
    async (fault) => {
      const { id, key } = await somebody();
      await service.forgetUpstream();
      const { status, text } = await ask({ key, body: stream(`[[${fault}]] one two three`) });
      expect(status).toBe(200);
      const events = eventsIn(text);
      expect(events.at(-1)).toMatchObject({ error: { code: "UPSTREAM_FAILED" } });
      expect(events).not.toContain("[DONE]");
      expect(await service.upstreamAsked()).toHaveLength(1);
      expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
      expect(await eventsOf(id)).toEqual([
        expect.objectContaining({ outcome: "failed", status: 200, code: "UPSTREAM_FAILED" }),
      ]);
    },
  );

  it("is cut 15 s before the function ends, and charged once it had begun", async () => {
    const { id, key } = await somebody();
    const body = stream("[[hang 3]] one two three");
    const { text } = await ask({ key, body, remaining: 16_200 });
    expect(eventsIn(text).at(-1)).toMatchObject({ error: { code: "UPSTREAM_TIMEOUT" } });
    expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({ outcome: "captured", code: "UPSTREAM_TIMEOUT" }),
    ]);
  });
});

describe("an Idempotency-Key", () => {
  it.each([
    ["whole", false],
    ["as a stream", true],
  ])("replays the answer %s without charging again", async (_, streamed) => {
    const { id, key } = await somebody();
    const request = {
      key,
      body: stream("Hello there", { stream: streamed }),
      headers: { "Idempotency-Key": "order 7" },
    };
    const first = await ask(request);
    await service.forgetUpstream();
    const second = await ask(request);
    expect(second.status).toBe(200);
    expect(first.headers).not.toHaveProperty("Idempotency-Replayed");
    expect(second.headers["Idempotency-Replayed"]).toBe("true");
    expect(await service.upstreamAsked()).toEqual([]);
    const textOf = ({ text, json }: typeof first) =>
      json?.choices[0].message.content ??
      eventsIn(text)
        .map((event) => event.choices?.[0]?.delta.content ?? "")
        .join("");
    expect(textOf(second)).toBe("You said: Hello there");
    expect(textOf(second)).toBe(textOf(first));
    expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
  });

  it("replays an answer that was cut short as one, with what cut it in place of [DONE]", async () => {
    const { id, key } = await somebody();
    const body = stream("[[hang 3]] one two three");
    const request = { key, body, headers: { "Idempotency-Key": "cut" } };
    const first = eventsIn((await ask({ ...request, remaining: 16_200 })).text);
    const second = eventsIn((await ask(request)).text);
    expect(second.at(-1)).toEqual(first.at(-1));
    expect(second.at(-1)).toMatchObject({ error: { code: "UPSTREAM_TIMEOUT" } });
    const reasons = second.map(({ choices }) => choices?.[0]?.finish_reason ?? null);
    expect(new Set(reasons)).toEqual(new Set([null]));
    expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
  });

  it("is refused with another body, and with a form it can't have", async () => {
    const { key } = await somebody();
    const headers = { "Idempotency-Key": "order 8" };
    await ask({ key, body: stream("one", { stream: false }), headers });
    const other = await ask({ key, body: stream("two", { stream: false }), headers });
    expect(other).toMatchObject({
      status: 422,
      json: { error: { code: "IDEMPOTENCY_KEY_REUSED" } },
    });
    const bad = await ask({ key, body: stream("one"), headers: { "Idempotency-Key": "ü" } });
    expect(bad).toMatchObject({ status: 400, json: { error: { param: "Idempotency-Key" } } });
  });
});

describe("what a key is refused", () => {
  it.each<[string, object, number, string, string]>([
    ["no credits", { balance: 0 }, 429, "CREDITS_EXHAUSTED", "false"],
    ["a level above", { level: 1 }, 403, "LEVEL_NOT_ALLOWED", "false"],
    ["a style", { rTypes: [] }, 403, "RTYPE_NOT_ALLOWED", "false"],
    ["everything, suspended", { status: "suspended" }, 403, "ACCOUNT_SUSPENDED", "false"],
  ])("%s: the upstream is not asked", async (_, changes, status, code, retry) => {
    const { key } = await somebody(changes);
    await service.forgetUpstream();
    const answer = await ask({ key, body: stream("x", { model: "pe-ultra+tot" }) });
    expect(answer).toMatchObject({ status, json: { error: { code } } });
    expect(answer.headers["x-should-retry"]).toBe(retry);
    expect(await service.upstreamAsked()).toEqual([]);
  });

  it("answers who has no good key 401, without a look at the body", async () => {
    const { key } = await somebody();
    const none = await ask({ body: "{" });
    expect(none).toMatchObject({ status: 401, json: { error: { type: "authentication_error" } } });
    for (const bad of [`${key.slice(0, -1)}_`, "pes_x", "sk-test"]) {
      const answer = await ask({ key: bad, body: "{" });
      expect(answer).toMatchObject({ status: 401, json: { error: { code: "invalid_api_key" } } });
    }
  });
});
