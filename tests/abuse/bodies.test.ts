import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { eventOf, keyedService, say } from "../functions/chat/support.ts";
import { lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";

const service = await keyedService();
const path = "/v1/chat/completions";
const ask = await service.asking("chat/completions", path);
const handler = await loadFunction("chat/completions", service.env);

const good = { model: "pe-low", messages: say("Hello") };

/** Asks with a key of its own; what it was answered, and what it cost. */
async function priceOf(body: unknown, headers: Record<string, string> = {}) {
  const { id, key } = await service.somebody();
  await service.forgetUpstream();
  const start = performance.now();
  const { status, json } = await ask({ key, body, headers });
  const ms = performance.now() - start;
  const [state, asked] = [await service.stateOf(id), (await service.upstreamAsked()).length];
  return { status, code: json?.error?.code, param: json?.error?.param, ms, asked, ...state };
}

/** Nothing was charged, nothing is held, and no model was asked. */
const free = { balance: 100, holds: 0, asked: 0 };

/** JSON that is nested so deep, and whose innermost value is 1. */
const nested = (levels: number, [open, close]: [string, string]): string =>
  open.repeat(levels) + 1 + close.repeat(levels);
const inside = (deep: string) =>
  `{"model":"pe-low","messages":[{"role":"user","content":"x"}],"prediction":{"a":${deep}}}`;

describe("JSON nested deep", () => {
  it.each<[string, string]>([
    ["10,000 lists", nested(10_000, ["[", "]"])],
    ["10,000 objects", nested(10_000, ['{"a":', "}"])],
    ["10,000 objects where anything may stand", inside(nested(10_000, ['{"a":', "}"]))],
    ["3,000 objects where anything may stand", inside(nested(3_000, ['{"a":', "}"]))],
    ["300 objects where anything may stand", inside(nested(300, ['{"a":', "}"]))],
    ["500,000 lists that never end", "[".repeat(500_000)],
  ])("%s: refused as malformed, for nothing and at once", async (_, body) => {
    const price = await priceOf(body);
    expect(price).toMatchObject({ ...free, status: 400, code: "MALFORMED_JSON" });
    expect(price.ms).toBeLessThan(3_000);
  });

  it("is taken as deep as schemas of tools are", async () => {
    const price = await priceOf(inside(nested(200, ['{"a":', "}"])));
    expect(price).toMatchObject({ status: 200, balance: 99 });
  });

  it("is measured by its brackets, not by those in its texts", async () => {
    const price = await priceOf({ ...good, messages: say('[{\\"'.repeat(5_000)) });
    expect(price).toMatchObject({ status: 200, balance: 99 });
  });
});

describe("a compressed body", () => {
  it("is refused, not unpacked: a gigabyte fits into a megabyte", async () => {
    const { id, key } = await service.somebody();
    const bomb = gzipSync(Buffer.alloc(200_000_000)).toString("base64");
    const event = eventOf(path, { key, body: bomb, headers: { "Content-Encoding": "gzip" } });
    const before = process.memoryUsage().rss;
    const answer = await handler({ ...event, isBase64Encoded: true }, lambdaContext(40_000));
    expect(answer.statusCode).toBe(415);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    expect(await service.stateOf(id)).toMatchObject({ balance: 100, holds: 0 });
  });

  it.each(["gzip", "br", "deflate", "gzip, identity", "x"])(
    "said to be %s is refused though it is plain",
    async (coding) => {
      const price = await priceOf(good, { "Content-Encoding": coding });
      expect(price).toMatchObject({ ...free, status: 415 });
    },
  );

  it("said to be plain is taken", async () => {
    expect(await priceOf(good, { "Content-Encoding": "identity" })).toMatchObject({ status: 200 });
  });
});

describe("a charset", () => {
  it.each(["utf-16", "iso-8859-1", "shift_jis", "utf-7", '"utf-16"', "utf-8x", ""])(
    "%j is refused: JSON is UTF-8",
    async (charset) => {
      const type = `application/json; charset=${charset}`;
      expect(await priceOf(good, { "Content-Type": type })).toMatchObject({ ...free, status: 415 });
    },
  );

  it.each(["charset=utf-8", 'charset="UTF-8"', "CHARSET=utf8", "charset=us-ascii", "q=1"])(
    "%s is taken",
    async (parameter) => {
      const type = `application/json; ${parameter}`;
      expect(await priceOf(good, { "Content-Type": type })).toMatchObject({ status: 200 });
    },
  );
});

describe("a request for more than one price pays for", () => {
  it.each<[string, unknown]>([
    ["n", 128],
    ["n", 0],
    ["n", -1],
    ["n", 1e308],
    ["n", "8"],
    ["max_tokens", -1],
    ["max_tokens", 0],
    ["max_tokens", 1_000_001],
    ["max_tokens", 9e15],
    ["max_tokens", 1e308],
    ["max_tokens", 1.5],
    ["max_completion_tokens", 9e15],
    ["top_logprobs", 21],
  ])("%s: %p is refused by name, for nothing", async (field, value) => {
    const price = await priceOf({ ...good, [field]: value });
    expect(price).toMatchObject({ ...free, status: 400, param: field });
  });

  it.each<[string, object]>([
    ["eight answers", { n: 8 }],
    ["all tokens a model has", { max_tokens: 1_000_000 }],
    ["no bound of tokens", {}],
    ["null for a bound", { max_tokens: null, n: null }],
  ])("%s costs the one price it says", async (_, more) => {
    expect(await priceOf({ ...good, ...more })).toMatchObject({ status: 200, balance: 99 });
  });
});
