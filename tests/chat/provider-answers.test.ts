import { describe, expect, it } from "@jest/globals";
import { ChatChunk, ChatCompletion } from "../../lib/chat/rules.ts";

const choices = [{ index: 0, message: { role: "assistant", content: "Hello" } }];
const counted = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };

describe("an answer of a provider", () => {
  it.each<[string, object]>([
    ["counts no total", { usage: { prompt_tokens: 1, completion_tokens: 2 } }],
    ["counts fractions", { usage: { ...counted, prompt_tokens: 1.5 } }],
    ["counts below nothing", { usage: { ...counted, completion_tokens: -1 } }],
    ["has a usage that is none", { usage: "3 tokens" }],
  ])("that %s has no usage, and is an answer all the same", (_, odd) => {
    expect(ChatCompletion.parse({ id: "a", choices, ...odd })).toMatchObject({ choices });
    expect(ChatCompletion.parse({ id: "a", choices, ...odd }).usage).toBeUndefined();
  });

  it("without id, time and kind gets them", () => {
    expect(ChatCompletion.parse({ choices })).toEqual({
      id: "",
      object: "chat.completion",
      created: 0,
      model: "",
      choices,
    });
  });

  it("keeps what the provider says of how it answered, and loses nothing for what is odd in it", () => {
    const told = { service_tier: "flex", system_fingerprint: "fp_44709d6fcb" };
    expect(ChatCompletion.parse({ choices, ...told })).toMatchObject(told);
    const odd = ChatCompletion.parse({ choices, service_tier: 3, system_fingerprint: {} });
    expect([odd.service_tier, odd.system_fingerprint]).toEqual([undefined, undefined]);
  });

  it("without choices is none", () => {
    expect(ChatCompletion.safeParse({ id: "a", choices: [] }).success).toBe(false);
  });

  it("may begin its stream with a piece of a form of its own, as Azure's does", () => {
    const first = { id: "", object: "", created: 0, model: "", choices: [], prompt_filter: [] };
    expect(ChatChunk.parse(first)).toEqual({
      id: "",
      object: "chat.completion.chunk",
      created: 0,
      model: "",
      choices: [],
    });
  });
});
