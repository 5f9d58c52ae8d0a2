import { describe, expect, it, jest } from "@jest/globals";
import { ObjectId } from "mongodb";
import { makeToken } from "../../lib/security/token.ts";
import { keyedService, say } from "../functions/chat/support.ts";
import { apiEvent, lambdaContext } from "../support/api-event.ts";
import { commandsOf } from "../support/commands.ts";
import { loadFunction } from "../support/functions.ts";

const service = await keyedService();
const env = { ...service.env, LOG_LEVEL: "INFO" };
const ask = await service.asking("chat/completions", "/v1/chat/completions");
const handler = await loadFunction("chat/completions", env);
const { database } = await import("../../lib/runtime.ts");

const body = { model: "pe-low", messages: say("Hello") };
const someId = () => new ObjectId().toHexString();
const randomKey = () => makeToken("key", { accountId: someId(), id: someId() }).text;

/** What the endpoint answers to headers, and what it asked the database and the model for it. */
async function priceOf(
  work: () => Promise<{ status: number; json: { error?: { code?: string } } }>,
) {
  await service.forgetUpstream();
  let answer = { status: 0, json: {} as { error?: { code?: string } } };
  const commands = await commandsOf(database, async () => {
    answer = await work();
  });
  const upstream = (await service.upstreamAsked()).length;
  return { status: answer.status, code: answer.json.error?.code, commands, upstream };
}

describe("a key that nobody has", () => {
  it("costs one look-up by primary key, and writes nothing", async () => {
    await ask({ key: (await service.somebody()).key, body });
    const before = await service.db.collection("usageEvents").countDocuments();
    expect(await priceOf(() => ask({ key: randomKey(), body }))).toEqual({
      status: 401,
      code: "invalid_api_key",
      commands: ["findAndModify"],
      upstream: 0,
    });
    expect(await service.db.collection("usageEvents").countDocuments()).toBe(before);
  });

  it.each<[string, (key: string) => string]>([
    ["with a wrong checksum", (key) => key.slice(0, -1) + (key.endsWith("0") ? "1" : "0")],
    ["of another kind", (key) => key.replace("pe_", "pes_")],
    ["cut short", (key) => key.slice(0, 40)],
    ["of 10 MB", (key) => key + "0".repeat(10_000_000)],
    ["of 10 MB of spaces", () => " ".repeat(10_000_000)],
    ["of 10 MB of spaces between letters", () => "a ".repeat(5_000_000)],
  ])("%s is refused without a look at the database", async (_, change) => {
    const key = change(randomKey());
    const start = performance.now();
    const price = await priceOf(() => ask({ key, body }));
    expect(price).toMatchObject({ status: 401, commands: [], upstream: 0 });
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

describe("a good key", () => {
  const event = (more: { headers?: object; query?: Record<string, string> }) =>
    apiEvent({
      method: "POST",
      resource: "/v1/chat/completions",
      headers: { "Content-Type": "application/json", ...more.headers },
      body: JSON.stringify(body),
      ...(more.query && { query: more.query }),
      path: "/v1/chat/completions",
    });

  it.each(["a good one", "an unknown one"])(
    "beside %s in a second Authorization header is refused: nobody knows which was meant",
    async (other) => {
      const { key } = await service.somebody();
      const second = other === "a good one" ? (await service.somebody()).key : randomKey();
      const sent = event({ headers: { Authorization: `Bearer ${key}` } });
      const both = [`Bearer ${second}`, `Bearer ${key}`];
      sent.multiValueHeaders = { ...sent.multiValueHeaders, Authorization: both };
      const price = await priceOf(async () => {
        const { statusCode, body: text } = await handler(sent, lambdaContext(40_000));
        return { status: statusCode, json: JSON.parse(text) };
      });
      expect(price).toMatchObject({ status: 401, commands: [], upstream: 0 });
    },
  );

  it("in one header with another, joined as proxies join them, is refused", async () => {
    const { key } = await service.somebody();
    const price = await priceOf(() => ask({ key: `${key}, Bearer ${randomKey()}`, body }));
    expect(price).toMatchObject({ status: 401, commands: [], upstream: 0 });
  });

  it.each(["key", "api_key", "access_token", "authorization"])(
    "in the query as %s opens nothing, and stands in no log",
    async (name) => {
      const { key } = await service.somebody();
      const lines: string[] = [];
      const spies = [process.stdout, process.stderr].map((stream) =>
        jest.spyOn(stream, "write").mockImplementation((text) => {
          lines.push(String(text));
          return true;
        }),
      );
      const sent = event({ query: { [name]: key } });
      const { statusCode } = await handler(sent, lambdaContext(40_000)).finally(() => {
        for (const spy of spies) spy.mockRestore();
      });
      expect(statusCode).toBe(401);
      expect(lines.join("")).not.toContain(key);
    },
  );
});
