import { describe, expect, it } from "@jest/globals";
import { readStream, useUpstream } from "./support.ts";

const { ask, chat, completion, post, requests } = useUpstream();

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer" },
        unit: { enum: ["C", "F"] },
      },
    },
  },
};

describe("the stand-in upstream", () => {
  it("answers the same request the same way, in OpenAI's form", async () => {
    const [first, second] = [await completion("Hello there"), await completion("Hello there")];
    expect(first.id).toBe(second.id);
    expect(first.choices).toEqual(second.choices);
    expect(first.choices[0]).toMatchObject({
      message: { role: "assistant", content: "You said: Hello there" },
      finish_reason: "stop",
    });
  });

  it("counts usage with the tokenizer of OpenAI's current models", async () => {
    // "You said: Hello world" is 5 tokens; the prompt is 2, framed by 4 and 3.
    const { usage } = await completion("Hello world");
    expect(usage).toEqual({ prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 });
  });

  it("takes text that looks like a special token for text", async () => {
    const { choices } = await completion("<|endoftext|>");
    expect(choices[0]?.message.content).toBe("You said: <|endoftext|>");
  });

  it("answers n choices, each its own, and counts them all", async () => {
    const { choices, usage } = await completion("Hi", { n: 3 });
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    expect(usage?.completion_tokens).toBeGreaterThan(9);
  });

  it("stops at the bound on tokens and says so", async () => {
    const { choices, usage } = await completion("[[words 50]]", { max_tokens: 10 });
    expect(choices[0]?.finish_reason).toBe("length");
    expect(usage?.completion_tokens).toBe(10);
  });

  it.each<[string, object, string]>([
    ["the message names", {}, "call get_weather please"],
    ["the choice demands", { tool_choice: "required" }, "anything"],
    [
      "is chosen by name",
      { tool_choice: { type: "function", function: { name: "get_weather" } } },
      "x",
    ],
  ])("calls the tool that %s, with arguments of its schema", async (_, more, content) => {
    const { choices } = await completion(content, { tools: [weather], ...more });
    expect(choices[0]?.finish_reason).toBe("tool_calls");
    expect(choices[0]?.message.content).toBeNull();
    const call = choices[0]?.message.tool_calls?.[0]?.function;
    expect(call?.name).toBe("get_weather");
    expect(JSON.parse(call?.arguments ?? "")).toEqual({ city: "example", days: 1, unit: "C" });
  });

  it("answers in words once the tool has answered, and when no tool is asked for", async () => {
    const told = await post({
      model: "m",
      tools: [weather],
      messages: [
        { role: "user", content: "get_weather" },
        { role: "tool", content: "sunny" },
      ],
    });
    expect(await told.json()).toMatchObject({
      choices: [{ message: { content: "The tool said: sunny" } }],
    });
    const { choices } = await completion("just talk", { tools: [weather] });
    expect(choices[0]?.finish_reason).toBe("stop");
  });

  it("answers JSON when JSON is asked for, of the schema if there is one", async () => {
    const free = await completion("Hi", { response_format: { type: "json_object" } });
    expect(JSON.parse(free.choices[0]?.message.content ?? "")).toEqual({ answer: "You said: Hi" });
    const schema = {
      type: "object",
      properties: { ok: { type: "boolean" }, list: { type: "array", items: { type: "null" } } },
    };
    const bound = await completion("Hi", {
      response_format: { type: "json_schema", json_schema: { name: "s", schema } },
    });
    expect(JSON.parse(bound.choices[0]?.message.content ?? "")).toEqual({ ok: true, list: [null] });
  });

  it("streams the same words piece by piece, with usage at the end if asked for", async () => {
    const response = await chat("a b c", { stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const { chunks, others } = await readStream(response);
    const words = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(words).toBe("You said: a b c");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 16 } });
    expect(others).toEqual(["[DONE]"]);
  });

  it("streams without usage unless asked for it, and streams tool calls", async () => {
    const { chunks } = await readStream(
      await chat("get_weather", { stream: true, tools: [weather] }),
    );
    expect(chunks.every((chunk) => !("usage" in chunk))).toBe(true);
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []) as {
      function: { arguments: string };
    }[];
    const text = calls.map((call) => call.function.arguments).join("");
    expect(JSON.parse(text)).toMatchObject({ city: "example" });
  });

  it("lists its models", async () => {
    expect(await (await ask("/v1/models")).json()).toMatchObject({
      object: "list",
      data: [{ object: "model" }, {}, {}],
    });
  });

  it.each<[string, number, string, RequestInit]>([
    ["a wrong key", 401, "/v1/models", { headers: { Authorization: "Bearer wrong" } }],
    ["a body that is no JSON", 400, "/v1/chat/completions", { method: "POST", body: "{" }],
    [
      "no messages",
      400,
      "/v1/chat/completions",
      { method: "POST", body: '{"model":"m","messages":[]}' },
    ],
    ["an unknown route", 404, "/v1/embeddings", { method: "POST", body: "{}" }],
  ])("refuses %s with an error in OpenAI's form", async (_, status, path, init) => {
    const response = await ask(path, init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { message: expect.any(String), type: expect.any(String) },
    });
  });

  it("remembers what it was asked, newest first, at most 200", async () => {
    await ask("/requests", { method: "DELETE" });
    for (let count = 0; count < 205; count++) await chat(`question ${count}`);
    const asked = await requests();
    expect(asked).toHaveLength(200);
    expect(asked[0]).toMatchObject({ outcome: "answered", status: 200 });
    expect(asked[0]?.body.messages[0]?.content).toBe("question 204");
  });
});
