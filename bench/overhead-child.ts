/** The chat function in a process of its own: waits for API keys, and sends what it measured. */
import { once } from "node:events";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { handler } from "../functions/chat/completions.ts";
import { database } from "../lib/runtime.ts";
import { median } from "./median.ts";
import { question, reply } from "./metered.ts";
import type { OverheadFigures } from "./overhead.ts";

const warmUp = 500;
const rounds = 1_500;

const completion = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-mini",
  choices: [{ index: 0, message: { role: "assistant", content: reply }, finish_reason: "stop" }],
  usage: { prompt_tokens: 12, completion_tokens: 15, total_tokens: 27 },
});
globalThis.fetch = async () =>
  new Response(completion, { headers: { "Content-Type": "application/json" } });

const context = { getRemainingTimeInMillis: () => 300_000 } as unknown as Context;

const eventOf = (key: string): APIGatewayProxyEvent => {
  const headers = {
    Authorization: `Bearer ${key}`,
    "Content-Type": "application/json",
    "User-Agent": "bench",
    "X-Forwarded-For": "203.0.113.7",
  };
  const path = "/v1/chat/completions";
  return {
    resource: path,
    path,
    httpMethod: "POST",
    headers,
    multiValueHeaders: {},
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: JSON.stringify({ model: "pe-low", messages: question }),
    isBase64Encoded: false,
    requestContext: { identity: { sourceIp: "203.0.113.7", userAgent: "bench" } } as never,
  };
};

/** Milliseconds of one request, and of its commands. */
async function measured(key: string) {
  commandMs = 0;
  const start = performance.now();
  const { statusCode, body } = await handler(eventOf(key), context);
  const whole = performance.now() - start;
  if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`);
  return { whole, database: commandMs, rest: whole - commandMs };
}

let commandMs = 0;
const sentAt = new Map<number, number>();
const client = await database.run(async (db) => db.client);
client.on("commandStarted", ({ requestId }) => sentAt.set(requestId, performance.now()));
client.on("commandSucceeded", ({ requestId }) => {
  commandMs += performance.now() - (sentAt.get(requestId) ?? Number.NaN);
  sentAt.delete(requestId);
});

const [keys] = (await once(process, "message")) as [string[]];
const all: OverheadFigures[] = [];
for (let round = 0; round < warmUp + rounds; round++) {
  const one = await measured(keys[round % keys.length] ?? "");
  if (round >= warmUp) all.push(one);
}
const middle = (part: keyof OverheadFigures): number => median(all.map((one) => one[part]));
process.send?.({ whole: middle("whole"), database: middle("database"), rest: middle("rest") });
