import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "@jest/globals";
import { ChatRequest } from "../../../lib/chat/rules.ts";
import { memoryLog } from "../../support/endpoint.ts";
import { eventsIn, keyedService, say } from "./support.ts";

const searched: unknown[] = [];
let working = true;
const server = createServer(async (incoming, response) => {
  let text = "";
  for await (const part of incoming) text += part;
  searched.push({ ...JSON.parse(text), key: incoming.headers.authorization });
  response.writeHead(working ? 200 : 500, { "Content-Type": "application/json" });
  const page = { title: "A page", url: "https://a.example/", content: "What it says." };
  const trap = { ...page, url: "javascript:alert(1)" };
  response.end(JSON.stringify({ results: [trap, ...Array(50).fill(page)], answer: null }));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
afterAll(() => {
  server.close();
});

Object.assign(process.env, {
  SEARCH_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/search`,
  SEARCH_API_KEY: "tvly-test",
});

const service = await keyedService();
const ask = await service.asking("chat/completions", "/v1/chat/completions");
const batch = await service.asking("batch/process", "/v1/batch/process");

/** The stand-in repeats what it is asked: each line of it is a query then. */
const question = "first\nsecond\nthird\nfourth\nfifth\nsixth";
const body = { model: "pe-low+bpe", messages: say(question), ai_research: true };

describe("ai_research", () => {
  it.each([
    [undefined, 1],
    ["basic", 1],
    ["medium", 3],
    ["high", 5],
  ])("with depth %s makes %d searches, and answers from cited notes", async (depth, count) => {
    searched.length = 0;
    const { id, key } = await service.somebody();
    const { json } = await ask({ key, body: { ...body, research_depth: depth } });
    expect(json).toMatchObject({
      research: "used",
      sources: [{ title: "A page", url: "https://a.example/" }],
    });
    expect(searched).toHaveLength(count);
    expect(searched[0]).toEqual({
      query: "You said: first",
      max_results: 5,
      key: "Bearer tvly-test",
    });
    const [asked] = await service.upstreamAsked();
    expect(asked?.body).toEqual({
      model: "gpt-4o-mini",
      messages: [
        { role: "system", content: expect.any(String) },
        {
          role: "system",
          content: expect.stringContaining("[1] A page\nhttps://a.example/\nWhat it says."),
        },
        ...say(question),
      ],
    });
    expect(await service.stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
    const [event] = await service.eventsOf(id);
    expect(event?.tokens.input).toBeGreaterThan(json.usage.prompt_tokens);
  });

  it("says so in the first event of a stream", async () => {
    const { key } = await service.somebody();
    const [first, second] = eventsIn((await ask({ key, body: { ...body, stream: true } })).text);
    expect(first).toMatchObject({ research: "used", sources: [{ title: "A page" }] });
    expect(second).not.toHaveProperty("research");
  });

  it("says so in a replay too", async () => {
    const { key } = await service.somebody();
    const headers = { "Idempotency-Key": "research" };
    const asked = { key, headers, body: { ...body, stream: true } };
    await ask(asked);
    const again = await ask(asked);
    expect(again.headers["Idempotency-Replayed"]).toBe("true");
    const [first, second] = eventsIn(again.text);
    expect(first).toMatchObject({ research: "used", sources: [{ title: "A page" }] });
    expect(second).not.toHaveProperty("research");
  });

  it("goes on without where the search fails, and says so", async () => {
    working = false;
    const { key } = await service.somebody();
    const { status, json } = await ask({ key, body });
    working = true;
    expect({ status, json }).toMatchObject({ status: 200, json: { research: "unavailable" } });
  });

  it("ends in time for the answer", async () => {
    const { complete } = await import("../../../lib/chat/complete.ts");
    const { planChat } = await import("../../../lib/chat/plan-chat.ts");
    const { upstream } = await import("../../../lib/runtime.ts");
    const { defaultSettings } = await import("../../../lib/settings/rules.ts");
    const plan = planChat(ChatRequest.parse(body), defaultSettings);
    const search = (_query: string, signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const { log } = memoryLog();
    const signal = AbortSignal.timeout(20_000);
    const { reply } = await complete({ upstream, search, log, researchMs: 300 }, { plan, signal });
    expect(reply).toMatchObject({ research: "unavailable" });
  });

  it("is made for each task of a batch that asks for it", async () => {
    searched.length = 0;
    const { key } = await service.somebody();
    const tasks = [{ prompt: "one" }, { prompt: "two" }];
    const request = { batch: tasks, level: "low", enable_research: true };
    const { json } = await batch({ key, body: request });
    expect(json.results[0].response.research).toBe("used");
    expect(searched).toHaveLength(2);
  });
});
