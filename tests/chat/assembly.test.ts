import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { assembly } from "../../lib/chat/assembly.ts";
import { planChat } from "../../lib/chat/plan-chat.ts";
import { replayChat } from "../../lib/chat/replay-chat.ts";
import type { ChatChunk, ChatCompletion } from "../../lib/chat/rules.ts";
import { defaultSettings } from "../../lib/settings/rules.ts";

const plan = planChat(
  {
    model: "pe-low",
    messages: [{ role: "user", content: "x" }],
    stream: true,
    stream_options: { include_usage: true },
  },
  defaultSettings,
);

const call = fc.record({
  id: fc.string(),
  type: fc.constant("function"),
  function: fc.record({ name: fc.string(), arguments: fc.string() }),
});

const message = fc.oneof(
  fc.record({ role: fc.constant("assistant"), content: fc.string() }),
  fc.record({
    role: fc.constant("assistant"),
    content: fc.constant(null),
    tool_calls: fc.array(call, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    role: fc.constant("assistant"),
    content: fc.constant(null),
    function_call: fc.record({ name: fc.string(), arguments: fc.string() }),
  }),
);

const logprobs = fc.record({
  content: fc.array(fc.record({ token: fc.string(), logprob: fc.integer({ max: 0 }) })),
});

const choice = fc.oneof(
  fc.record({ message, finish_reason: fc.constantFrom("stop", "length") }),
  fc.record({ message, finish_reason: fc.constant("stop"), logprobs }),
);

const completion: fc.Arbitrary<ChatCompletion> = fc
  .record({
    id: fc.string({ minLength: 1 }),
    created: fc.nat(),
    choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
    input: fc.nat({ max: 50_000_000 }),
    output: fc.nat({ max: 50_000_000 }),
    told: fc.record(
      { service_tier: fc.constant("flex"), system_fingerprint: fc.constant("fp_1") },
      { requiredKeys: [] },
    ),
  })
  .map(({ id, created, choices, input, output, told }) => ({
    ...told,
    id,
    object: "chat.completion",
    created,
    model: "gpt-4o-mini",
    choices: choices.map((choice, index) => ({ index, ...choice })),
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  }));

describe("the pieces of an answer", () => {
  it("put together are the answer that they were made of", async () => {
    await fc.assert(
      fc.asyncProperty(completion, async (whole) => {
        const assembled = assembly("gpt-4o-mini");
        for await (const chunk of replayChat(plan, JSON.stringify(whole)) ?? []) {
          assembled.add(chunk as ChatChunk);
        }
        expect(assembled.completion()).toEqual(whole);
      }),
    );
  });

  it("are added up wherever a text is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        const assembled = assembly("gpt-4o-mini");
        for (const content of parts) {
          const choices: ChatChunk["choices"] = [{ index: 0, delta: { content } }];
          assembled.add({
            id: "a",
            object: "chat.completion.chunk",
            created: 1,
            model: "m",
            choices,
          });
        }
        const text = assembled.completion().choices[0]?.message.content ?? "";
        expect(text).toBe(parts.join(""));
      }),
    );
  });

  const assembledOf = (...choices: ChatChunk["choices"]): ChatCompletion => {
    const assembled = assembly("m");
    for (const one of choices) {
      const object = "chat.completion.chunk";
      assembled.add({ id: "a", object, created: 1, model: "m", choices: [one] });
    }
    return assembled.completion();
  };
  const piece = (index: number, delta: Record<string, unknown>, more: object = {}) => ({
    index,
    delta,
    ...more,
  });

  it("come in the order of their choices and calls, whichever began first", () => {
    const callOf = (index: number, name: string) => ({
      tool_calls: [{ index, id: name, type: "function", function: { name, arguments: "{" } }],
    });
    const more = { tool_calls: [{ index: 1, id: "b", function: { name: "b", arguments: "}" } }] };
    const { choices } = assembledOf(
      piece(1, { content: "second" }),
      piece(0, callOf(1, "b")),
      piece(0, callOf(0, "a")),
      // Some providers name a call with each piece of it.
      piece(0, more),
    );
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(choices[0]?.message).toMatchObject({
      content: null,
      tool_calls: [
        { id: "a", type: "function", function: { name: "a", arguments: "{" } },
        { id: "b", type: "function", function: { name: "b", arguments: "{}" } },
      ],
    });
    expect(choices[0]?.message.tool_calls).not.toContainEqual(
      expect.objectContaining({ index: expect.anything() }),
    );
  });

  it("keep what stands beside a message, and are not changed themselves", () => {
    const token = (text: string) => ({ logprobs: { content: [{ token: text, logprob: -1 }] } });
    const pieces = [piece(0, { content: "a" }, token("a")), piece(0, { content: "b" }, token("b"))];
    const before = structuredClone(pieces);
    expect(assembledOf(...pieces).choices[0]).toMatchObject({
      message: { content: "ab" },
      logprobs: { content: [{ token: "a" }, { token: "b" }] },
    });
    expect(pieces).toEqual(before);
  });

  it("can't reach a prototype", () => {
    const delta = JSON.parse('{"audio":{"__proto__":{"polluted":true},"id":"x"}}');
    const { message } = assembledOf(piece(0, delta)).choices[0] ?? {};
    expect(message?.audio).toEqual({ id: "x" });
    expect(({} as { polluted?: true }).polluted).toBeUndefined();
  });
});
