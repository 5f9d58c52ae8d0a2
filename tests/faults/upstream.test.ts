import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it, jest } from "@jest/globals";
import { eventsIn, keyedService, say } from "../functions/chat/support.ts";
import { meteredAccount, stateOf, testMetering } from "../support/metering.ts";
import {
  doneText,
  eventText,
  goodAnswer,
  goodPiece,
  goodStream,
  head,
  pour,
  type Script,
  scriptedUpstream,
} from "../support/scripted-upstream.ts";
import { listenedLog } from "../support/secrets.ts";

jest.setTimeout(60_000);

const megabyte = 1024 * 1024;

/** Of a form that no rule of the log knows. */
const upstreamKey = "the-provider's-own-key-4711";

/** What the caller sees: a status with the code of a failure, or the code that ends a stream. */
type Seen = { status: number; code?: string; ending?: string };

const ok: Seen = { status: 200 };
const failed: Seen = { status: 502, code: "UPSTREAM_FAILED" };
const rejected: Seen = { status: 400, code: "UPSTREAM_REJECTED" };
const timedOut: Seen = { status: 504, code: "UPSTREAM_TIMEOUT" };
const brokenOff: Seen = { status: 200, ending: "UPSTREAM_FAILED" };
const fellSilent: Seen = { status: 200, ending: "UPSTREAM_TIMEOUT" };

interface Fault {
  script: Script;
  whole?: Seen;
  stream?: Seen;
  /** Of an answer that was charged; what a good one used unless told. */
  tokens?: { input: number; output: number; estimated: boolean };
}

const counted = { input: 7, output: 3, estimated: false };

const firstPiece = eventText(goodPiece("Grüße "));

const half = (text: string): string => text.slice(0, text.length / 2);
const wholeText = (changes: object = {}): string => JSON.stringify(goodAnswer(changes));

/** Answers with a text of either kind. */
const saying =
  (whole: string, stream: string): Script =>
  (response, streamed) =>
    head(response, streamed).end(streamed ? stream : whole);

/** Sends a text and then nothing more, or cuts the connection. */
const stopping =
  (after: "hangs" | "cuts", whole: string, stream: string): Script =>
  (response, streamed) => {
    const end = () => after === "cuts" && response.destroy();
    head(response, streamed).write(streamed ? stream : whole, end);
  };

const hangs: Record<string, Fault> = {
  "hangs before its headers": { script: () => {}, whole: timedOut, stream: timedOut },
  "hangs after its headers": {
    script: (response, streamed) => head(response, streamed).flushHeaders(),
    whole: timedOut,
    stream: timedOut,
  },
  "hangs in its first event": {
    script: stopping("hangs", half(wholeText()), half(firstPiece)),
    whole: timedOut,
    stream: timedOut,
  },
  "hangs in the middle": {
    script: stopping("hangs", half(wholeText()), firstPiece),
    stream: fellSilent,
  },
  "hangs in a refusal": {
    script: (response) => head(response, false, 400).write('{"error":'),
    whole: timedOut,
    stream: timedOut,
  },
  "hangs after its last event": {
    script: stopping("hangs", wholeText(), goodStream()),
    whole: timedOut,
    stream: ok,
  },
};

const cuts: Record<string, Fault> = {
  "cuts before its headers": {
    script: (response) => response.destroy(),
    whole: failed,
    stream: failed,
  },
  "cuts in the body, before a whole event": {
    script: stopping("cuts", half(wholeText()), half(firstPiece)),
    whole: failed,
    stream: failed,
  },
  "cuts in the middle of a stream": {
    script: stopping("cuts", "", firstPiece + half(firstPiece)),
    stream: brokenOff,
  },
  "cuts before [DONE]": {
    script: stopping("cuts", "", goodStream().replace(doneText, "")),
    stream: brokenOff,
  },
  "cuts in a refusal": {
    script: (response) => {
      head(response, false, 500).write('{"error":', () => response.destroy());
    },
    whole: failed,
    stream: failed,
  },
};

const usageOf = (prompt: unknown, completion: unknown): object => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt,
});

/** A request whose last message is `name`, and the answer, at a token for four bytes. */
const estimated = (name: string) => ({
  input: Math.ceil(Buffer.byteLength(name) / 4),
  output: Math.ceil(Buffer.byteLength("Grüße 🌍") / 4),
  estimated: true,
});

const lies = Object.fromEntries(
  Object.entries<unknown>({
    negative: usageOf(-7, -3),
    huge: usageOf(1e300, 1e300),
    "the largest whole number": usageOf(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    "more than any model has": usageOf(100_000_001, 3),
    missing: undefined,
    none: null,
    empty: {},
    "a list": [7, 3],
    "a text": "NaN",
    "texts in it": usageOf("7", "NaN"),
    fractions: usageOf(7.5, 0.1),
    "only a part": { prompt_tokens: 7 },
  }).map(([lie, usage]): [string, Fault] => {
    const name = `usage: ${lie}`;
    const script = saying(wholeText({ usage }), goodStream({ usage }));
    return [name, { script, whole: ok, stream: ok, tokens: estimated(name) }];
  }),
);

const otherLies: Record<string, Fault> = {
  "usage: fewer tokens than were sent": {
    script: saying(wholeText({ usage: usageOf(1, 0) }), goodStream({ usage: usageOf(1, 0) })),
    whole: ok,
    stream: ok,
    tokens: { input: 1, output: 0, estimated: false },
  },
  "usage: NaN itself": {
    script: saying(
      wholeText().replace('"prompt_tokens":7', '"prompt_tokens":NaN'),
      goodStream().replace('"prompt_tokens":7', '"prompt_tokens":NaN'),
    ),
    whole: failed,
    stream: brokenOff,
  },
};

/** Nested too deeply for whoever writes it again. */
const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;

const wrongWholes = {
  empty: "",
  "a page": "<html><body>Bad gateway</body></html>",
  null: "null",
  "a list": "[]",
  "an empty object": "{}",
  "choices that are none": wholeText({ choices: 7 }),
  "no choices": wholeText({ choices: [] }),
  "a choice of null": wholeText({ choices: [null] }),
  "a choice without a message": wholeText({ choices: [{ index: 0 }] }),
  "content of another kind": wholeText({
    choices: [{ index: 0, message: { content: { text: "x" } } }],
  }),
  "an index below 0": wholeText({ choices: [{ index: -1, message: { content: "x" } }] }),
  "an error in place of an answer": JSON.stringify({ error: { message: "overloaded" } }),
  "nested 20,000 deep": wholeText().replace('"created":1700000000', `"created":${deep}`),
  "nested 20,000 deep in its message": wholeText().replace('"role"', `"deep":${deep},"role"`),
};

const wrongEvents = {
  "no JSON": "data: {oops\n\n",
  null: "data: null\n\n",
  "a list": "data: []\n\n",
  "an empty object": "data: {}\n\n",
  "choices that are none": eventText({ ...goodPiece(""), choices: 7 }),
  "a choice of null": eventText({ ...goodPiece(""), choices: [null] }),
  "a choice without a delta": eventText({ ...goodPiece(""), choices: [{ index: 0 }] }),
  "content of another kind": eventText({
    ...goodPiece(""),
    choices: [{ index: 0, delta: { content: 7 } }],
  }),
  "an error": eventText({ error: { message: `no more for ${upstreamKey}` } }),
  "nested 20,000 deep": eventText(goodPiece("x")).replace('"role"', `"deep":${deep},"role"`),
};

const malformed: Record<string, Fault> = {
  ...Object.fromEntries(
    Object.entries(wrongWholes).map(([name, text]) => [
      `answers ${name}`,
      { script: saying(text, ""), whole: failed },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(wrongEvents).flatMap(([name, text]) => [
      [`begins with an event: ${name}`, { script: saying("", text + doneText), stream: failed }],
      [
        `sends an event later: ${name}`,
        { script: saying("", firstPiece + text + doneText), stream: brokenOff },
      ],
    ]),
  ),
  "streams nothing": { script: saying("", ""), stream: failed },
  "streams only [DONE]": { script: saying("", doneText), stream: failed },
  "streams only a usage": {
    script: saying("", eventText({ ...goodPiece(""), choices: [] }) + doneText),
    stream: brokenOff,
  },
  "ends without [DONE]": {
    script: saying("", goodStream().replace(doneText, "")),
    stream: brokenOff,
  },
};

const odd: Record<string, Fault> = {
  "sends events after [DONE]": {
    script: saying("", `${goodStream()}${eventText(goodPiece("more"))}data: oops\n\n`),
    stream: ok,
  },
  "sends comments, names and ids": {
    script: saying(
      "",
      `: hello\n\nid: 7\nevent: x\nretry: 9\n${goodStream().replaceAll("data: {", ":\ndata:{")}`,
    ),
    stream: ok,
  },
  "ends lines by CRLF": {
    script: saying("", goodStream().replaceAll("\n", "\r\n")),
    stream: ok,
  },
  "ends lines by CR": { script: saying("", goodStream().replaceAll("\n", "\r")), stream: ok },
  "begins with a mark of byte order": {
    script: saying(`\ufeff${wholeText()}`, `\ufeff${goodStream()}`),
    whole: ok,
    stream: ok,
  },
  "sends byte by byte": {
    script: async (response, streamed) => {
      head(response, streamed);
      response.socket?.setNoDelay();
      for (const byte of Buffer.from(streamed ? goodStream() : wholeText())) {
        await new Promise<void>((resolve) => {
          response.write(Buffer.of(byte), () => setImmediate(resolve));
        });
      }
      response.end();
    },
    whole: ok,
    stream: ok,
  },
  "is slow, but never silent for long": {
    script: async (response, streamed) => {
      head(response, streamed);
      const text = streamed ? goodStream() : wholeText();
      for (let at = 0; at < text.length; at += text.length / 4) {
        response.write(text.slice(at, at + text.length / 4));
        await sleep(500);
      }
      response.end();
    },
    whole: ok,
    stream: ok,
  },
  "repeats our key in a refusal": {
    script: (response) =>
      head(response, false, 400).end(JSON.stringify({ error: { message: `no ${upstreamKey}` } })),
    whole: rejected,
    stream: rejected,
  },
  "repeats our key in a failure": {
    script: (response) => head(response, false, 401).end(`what is ${upstreamKey}?`),
    whole: failed,
    stream: failed,
  },
  "repeats our key in place of JSON": {
    script: saying(upstreamKey, `data: ${upstreamKey}\n\n`),
    whole: failed,
    stream: failed,
  },
};

const block = "x".repeat(64 * 1024);

function* times(text: string, count = Number.POSITIVE_INFINITY): Generator<string> {
  for (let number = 0; number < count; number++) yield text;
}

/** A text of 100 MB between two others, as far as it is taken. */
const hundredMegabytes =
  (before: string, after: string, status = 200): Script =>
  async (response: ServerResponse) => {
    head(response, before.startsWith("data") || before.startsWith(":"), status);
    if (await pour(response, [before, ...times(block, 1_600), after])) response.end();
  };

const [beforeText = "", afterText = ""] = wholeText({
  choices: [{ index: 0, message: { role: "assistant", content: "SPLIT" } }],
}).split("SPLIT");

const packed = gzipSync(beforeText + "x".repeat(100 * megabyte) + afterText, { level: 1 });

const large: Record<string, Fault> = {
  "answers 100 MB": { script: hundredMegabytes(beforeText, afterText), whole: failed },
  "answers 100 MB that come as 100 kB": {
    script: (response) => {
      response.writeHead(200, {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
      });
      response.end(packed);
    },
    whole: failed,
  },
  "refuses in 100 MB": {
    script: hundredMegabytes('{"error":{"message":"', '"}}', 400),
    whole: rejected,
    stream: rejected,
  },
  "fails in 100 MB": { script: hundredMegabytes("", "", 500), whole: failed, stream: failed },
  "sends an event of 100 MB": {
    script: hundredMegabytes('data: {"choices":[{"index":0,"delta":{"content":"', '"}}]}\n\n'),
    stream: failed,
  },
  "sends a line that does not end": {
    script: hundredMegabytes("data: ", ""),
    stream: failed,
  },
  "sends events without an end": {
    script: async (response, streamed) => {
      head(response, streamed);
      await pour(response, times(eventText(goodPiece("x".repeat(1_000)))));
    },
    stream: brokenOff,
  },
};

const scripts = new Map(
  Object.entries({
    ...hangs,
    ...cuts,
    ...lies,
    ...otherLies,
    ...malformed,
    ...odd,
    ...large,
  }).map(([name, { script }]) => [name, script]),
);
/** Those that end with the time that a request has. */
scripts.set("sends empty events without an end", async (response, streamed) => {
  head(response, streamed);
  await pour(response, times(`: nothing\n\n${eventText({ ...goodPiece(""), choices: [] })}`));
});
scripts.set("answers 3 MB", (response) =>
  head(response, false).end(beforeText + "x".repeat(3 * megabyte) + afterText),
);

const upstream = await scriptedUpstream(scripts);

/** Gives the provider's key as AWS's extension does. */
const extension = createServer((_, response) => {
  response.end(JSON.stringify({ Parameter: { Value: upstreamKey } }));
});
extension.listen(0, "localhost");
await once(extension, "listening");
afterAll(() => {
  extension.close();
});

const log = listenedLog();
log.keepSecret(upstreamKey);
const service = await keyedService();
const { db } = service;
const provider = {
  name: "scripted",
  url: `${upstream.url}/v1`,
  keyParameter: "/app/providers/scripted",
  models: {},
  timeoutSeconds: 1,
};
await db.collection<{ _id: string }>("settings").insertOne({
  _id: "service",
  version: 1,
  value: { providers: [provider] },
  updatedAt: new Date(),
} as { _id: string });
Object.assign(service.env, log.env, {
  PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: String((extension.address() as AddressInfo).port),
});
const chat = await service.asking("chat/completions", "/v1/chat/completions");
const batch = await service.asking("batch/process", "/v1/batch/process");
const metering = testMetering({ run: (work) => work(db) });

/** Somebody with 100 credits, whose key is a secret. */
async function somebody() {
  const { account, text: key } = await meteredAccount(db, {
    balance: 100,
    allowance: { day: "2026-01-01", perDay: 0, used: 0 },
    logMessages: true,
  });
  log.keepSecret(key);
  return { id: account._id, key };
}

const asked = (content: string, stream = false) => ({
  model: "pe-low",
  messages: say(content),
  stream,
});

type Answer = Awaited<ReturnType<typeof chat>>;

function seenOf({ status, headers, text, json }: Answer): Seen {
  if (status !== 200) return { status, code: json.error.code };
  if (!String(headers["Content-Type"]).startsWith("text/event-stream")) return { status };
  const last = eventsIn(text).at(-1);
  return last === "[DONE]" ? { status } : { status, ending: last.error.code };
}

/** What every fault must leave: one event, what was charged and no more, no hold, and service. */
async function expectSettled(
  { id, key }: Awaited<ReturnType<typeof somebody>>,
  { credits, ...event }: { credits: number; outcome: string; code?: string; tokens?: object },
): Promise<void> {
  const endedAt = performance.now();
  const { account, events, ledger, moved } = await stateOf(db, id);
  expect(account).toMatchObject({
    balance: 100 - credits,
    conversations: { used: credits },
    holds: [],
  });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ ...event, credits: { allowance: 0, balance: credits } });
  expect(events[0]?.code).toBe(event.code);
  // One entry of the sign-up, one of the request.
  expect(ledger).toHaveLength(2);
  expect(moved.balance).toBe(account.balance);
  expect(await chat({ key, body: asked("Hello") })).toMatchObject({ status: 200 });
  expect(performance.now() - endedAt).toBeLessThan(5_000);
  log.expectNoSecret();
}

async function expectFault(name: string, fault: Fault, kind: "whole" | "stream"): Promise<void> {
  const who = await somebody();
  const answer = await chat({ key: who.key, body: asked(name, kind === "stream") });
  expect(seenOf(answer)).toEqual(fault[kind]);
  const { code, ending } = seenOf(answer);
  const end = code ?? ending;
  await expectSettled(
    who,
    end === undefined
      ? { outcome: "captured", credits: 1, tokens: fault.tokens ?? counted }
      : { outcome: "failed", credits: 0, code: end },
  );
  expect(answer.text).not.toContain(upstreamKey);
}

/** Each fault with each kind of answer that can have it. */
const casesOf = (faults: Record<string, Fault>) =>
  Object.entries(faults).flatMap(([name, fault]) =>
    (["whole", "stream"] as const)
      .filter((kind) => fault[kind] !== undefined)
      .map((kind) => [name, kind, fault] as const),
  );

describe("a model's service that", () => {
  it.concurrent.each([
    ...casesOf(hangs),
    ...casesOf(cuts),
    ...casesOf(lies),
    ...casesOf(otherLies),
    ...casesOf(malformed),
    ...casesOf(odd),
  ])("%s, asked for a %s answer", (name, kind, fault) => expectFault(name, fault, kind));

  it.each(casesOf(large))(
    "%s, asked for a %s answer: most of it is left unread",
    async (name, kind, fault) => {
      await expectFault(name, fault, kind);
      expect(upstream.taken(name)).toBeLessThan(40 * megabyte);
    },
  );

  it("sends empty events without an end is cut in time, and charged nothing: nothing was answered", async () => {
    const who = await somebody();
    const body = asked("sends empty events without an end", true);
    const answer = await chat({ key: who.key, body, remaining: 16_200 });
    expect(seenOf(answer)).toEqual(fellSilent);
    await expectSettled(who, { outcome: "failed", credits: 0, code: "UPSTREAM_TIMEOUT" });
  });
});

describe("in a batch, a model's service that", () => {
  it.each<[string, string]>([
    ["hangs in the middle", "UPSTREAM_TIMEOUT"],
    ["cuts before its headers", "UPSTREAM_FAILED"],
    ["answers nested 20,000 deep in its message", "UPSTREAM_FAILED"],
    ["answers 3 MB", "UPSTREAM_FAILED"],
    ["answers 100 MB", "UPSTREAM_FAILED"],
  ])("%s fails one task, which costs nothing, and no other", async (name, code) => {
    const who = await somebody();
    const body = { batch: [{ prompt: name }, { prompt: "Hello" }], level: "low" };
    const { status, json } = await batch({ key: who.key, body });
    expect(status).toBe(200);
    expect(json.results).toMatchObject([
      { success: false, error_code: code, tokens_used: 0 },
      { success: true, error_code: null, tokens_used: 10 },
    ]);
    await expectSettled(who, { outcome: "captured", credits: 1, tokens: counted });
  });

  it("lies about the usage of each task is not believed in one of them", async () => {
    const who = await somebody();
    const name = "usage: the largest whole number";
    const prompts = Array.from({ length: 3 }, () => ({ prompt: name, r_type: null }));
    const { status, json } = await batch({ key: who.key, body: { batch: prompts, level: "low" } });
    expect(status).toBe(200);
    expect(json.total_tokens_used).toBeLessThan(1_000);
    await expectSettled(who, { outcome: "captured", credits: 3, tokens: { estimated: true } });
  });
});

it("none of them has left an account that disagrees with its ledger", async () => {
  expect(await metering.audit()).toMatchObject({ mismatches: 0, unsettled: 0 });
});
