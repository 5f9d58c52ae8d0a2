import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { Failure } from "../../lib/errors.ts";
import { upstreamClient } from "../../lib/upstream/client.ts";
import type { Provider } from "../../lib/upstream/provider.ts";
import { memoryLog } from "../support/endpoint.ts";

type Answer = (response: ServerResponse) => void;

const servers: ReturnType<typeof createServer>[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A provider that gives these answers, the last one again and again, and counts what it is asked. */
async function provider(...answers: Answer[]) {
  const asked: { key: string | undefined; model: string }[] = [];
  const server = createServer(async (incoming, response) => {
    let text = "";
    for await (const part of incoming) text += part;
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push({ key: incoming.headers.authorization, model: JSON.parse(text).model });
    answer?.(response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const described: Provider = {
    name: `provider-${port}`,
    url: `http://127.0.0.1:${port}/v1`,
    key: async () => `key-${port}`,
    models: { ours: `theirs-${port}` },
    timeoutMs: 300,
  };
  return { described, asked, port };
}

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };
const good = json(200, { fine: true });
const silent: Answer = () => {};

const ask = async (providers: Provider[], signal = AbortSignal.timeout(20_000)) => {
  const { log, lines } = memoryLog();
  const client = upstreamClient({ providers: async () => providers, log, random: () => 0 });
  const answer = await client
    .whole({ model: "ours" }, signal, (answered) => answered)
    .catch((error: unknown) => error);
  return { answer, lines };
};

describe("providers", () => {
  it("are asked in their order, each with its own key and its own name of the model", async () => {
    const first = await provider(json(401, { error: { message: "no such key" } }));
    const second = await provider(good);
    const { answer } = await ask([first.described, second.described]);
    expect(answer).toEqual({ fine: true });
    expect(first.asked).toEqual([
      { key: `Bearer key-${first.port}`, model: `theirs-${first.port}` },
    ]);
    expect(second.asked).toEqual([
      { key: `Bearer key-${second.port}`, model: `theirs-${second.port}` },
    ]);
  });

  it.each<[string, Answer, number]>([
    ["429", json(429, {}), 3],
    ["503", json(503, {}), 3],
    ["a broken connection", (response) => response.destroy(), 3],
    ["a redirect", json(302, {}, { Location: "http://127.0.0.1:1/" }), 3],
    ["a 429 that asks for a minute", json(429, {}, { "Retry-After": "60" }), 1],
    ["403", json(403, {}), 1],
    ["silence", silent, 1],
  ])("after %s the next one is asked", async (_, fault, tries) => {
    const first = await provider(fault);
    const second = await provider(good);
    const { answer } = await ask([first.described, second.described]);
    expect({ answer, tries: first.asked.length }).toEqual({ answer: { fine: true }, tries });
  });

  it("are asked again after the time they ask for", async () => {
    const only = await provider(json(429, {}, { "retry-after-ms": "150" }), good);
    const startedAt = performance.now();
    expect((await ask([only.described])).answer).toEqual({ fine: true });
    expect(performance.now() - startedAt).toBeGreaterThan(140);
  });

  it("are asked again at the date they name, and not at once for one that is past", async () => {
    const soon = new Date(Date.now() + 1_500).toUTCString();
    const only = await provider(json(503, {}, { "Retry-After": soon }), good);
    const startedAt = performance.now();
    expect((await ask([only.described])).answer).toEqual({ fine: true });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const far = new Date(Date.now() + 3_600_000).toUTCString();
    const busy = await provider(json(429, {}, { "Retry-After": far }));
    await ask([busy.described]);
    expect(busy.asked).toHaveLength(1);
  });

  it.each([
    ["Infinity", 5],
    ["1e400", 5],
    ["-1", 5],
    ["soon", 5],
    ["", 5],
    ["7", 7],
    ["99999999999999999999", 300],
    ["86400", 300],
  ])("that say Retry-After: %s make the caller wait %d s", async (value, seconds) => {
    const only = await provider(json(429, {}, { "Retry-After": value }));
    expect((await ask([only.described])).answer).toMatchObject({ retryAfter: seconds });
  });

  it("are not asked once the caller has gone, and the reason is the caller's", async () => {
    const only = await provider(silent);
    const gone = new AbortController();
    const reason = new Failure("CLIENT_CLOSED");
    setTimeout(() => gone.abort(reason), 50);
    expect((await ask([only.described], gone.signal)).answer).toBe(reason);
    expect(only.asked).toHaveLength(1);
  });

  it("may be none at all", async () => {
    expect((await ask([])).answer).toMatchObject({ code: "UPSTREAM_UNAVAILABLE" });
  });
});

describe("what a provider says", () => {
  it("about the request reaches the caller without keys, accounts and addresses, and no other is asked", async () => {
    const param = `x${"y".repeat(500)}`;
    const message =
      "max_tokens is too large for org-AbCdEf123456, key sk-proj-abcdefgh12345678, see https://provider.example/x or ask a.b@provider.example";
    const first = await provider(json(400, { error: { message, param: "max_tokens" } }));
    const second = await provider(good);
    const strange = await provider(json(400, { error: { message: "no", param } }));
    const { answer: other } = await ask([strange.described]);
    expect((other as Failure).errors[0]?.path.length).toBeLessThanOrEqual(100);
    const { answer } = await ask([first.described, second.described]);
    expect(answer).toMatchObject({
      code: "UPSTREAM_REJECTED",
      errors: [
        {
          path: "max_tokens",
          message:
            "max_tokens is too large for [removed], key sk-[redacted], see [removed] or ask [removed]",
        },
      ],
    });
    expect(second.asked).toEqual([]);
  });

  it("about itself reaches the log alone", async () => {
    const only = await provider(json(401, { error: { message: "account acme is closed" } }));
    const { answer, lines } = await ask([only.described]);
    const { message, errors, extra } = answer as Failure;
    expect(JSON.stringify({ message, errors, extra })).not.toContain("acme");
    expect(lines).toEqual([
      expect.objectContaining({
        message: "upstream",
        fields: expect.objectContaining({ provider: only.described.name, code: "UPSTREAM_FAILED" }),
      }),
    ]);
  });
});

describe("a stream", () => {
  const events = async (described: Provider) => {
    const { log } = memoryLog();
    const client = upstreamClient({ providers: async () => [described], log, random: () => 0 });
    return client.events({ model: "ours" }, AbortSignal.timeout(20_000), (event) => event);
  };
  const sending =
    (...texts: string[]): Answer =>
    (response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      for (const text of texts) response.write(text);
    };

  it("whose reader is slow is not taken for a silent provider's", async () => {
    const first = 'data: {"number":1}\n\ndata: {"number":2}\n\ndata: [DONE]\n\n';
    const { described } = await provider(sending(first));
    const read: unknown[] = [];
    for await (const event of await events(described)) {
      read.push(event);
      // Longer than the provider may be silent.
      await sleep(described.timeoutMs + 200);
    }
    expect(read).toEqual([{ number: 1 }, { number: 2 }]);
  });

  it("that falls silent in the middle is broken off", async () => {
    const { described } = await provider(sending('data: {"number":1}\n\n'));
    const stream = await events(described);
    await stream.next();
    await expect(stream.next()).rejects.toMatchObject({ code: "UPSTREAM_TIMEOUT" });
  });
});
