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
);

const completion: fc.Arbitrary<ChatCompletion> = fc
  .record({
    id: fc.string({ minLength: 1 }),
    created: fc.nat(),
    choices: fc.array(fc.record({ message, finish_reason: fc.constantFrom("stop", "length") }), {
      minLength: 1,
      maxLength: 3,
    }),
    input: fc.nat(),
    output: fc.nat(),
  })
  .map(({ id, created, choices, input, output }) => ({
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
          assembled.add(chunk);
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
});
