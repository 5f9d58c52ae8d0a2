/** The chat function in a process of its own: waits for API keys, and sends what it measured. */
import { once } from "node:events";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { Collection, MongoClient } from "mongodb";
import { handler } from "../functions/chat/completions.ts";
import { question, reply } from "./metered.ts";
import type { OverheadFigures } from "./overhead.ts";
import { median, timed } from "./timing.ts";

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

let driverMs = 0;
let driverCalls = 0;

/** Adds what calls of one of the driver's methods take to `driverMs`. */
function watch(on: object, method: string): void {
  const call = Reflect.get(on, method) as (...args: unknown[]) => Promise<unknown>;
  Reflect.set(on, method, async function (this: unknown, ...args: unknown[]) {
    driverCalls++;
    let result: unknown;
    driverMs += await timed(async () => {
      result = await call.apply(this, args);
    });
    return result;
  });
}

// The gate's only call, and the settlement's.
watch(Collection.prototype, "findOneAndUpdate");
watch(MongoClient.prototype, "bulkWrite");

/** Milliseconds of one request, and of its calls of the driver. */
async function measured(key: string): Promise<OverheadFigures> {
  driverMs = 0;
  driverCalls = 0;
  const whole = await timed(async () => {
    const { statusCode, body } = await handler(eventOf(key), context);
    if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`);
  });
  if (driverCalls !== 2) throw new Error(`${driverCalls} calls of the driver in place of two`);
  return { whole, database: driverMs, rest: whole - driverMs };
}

const [keys] = (await once(process, "message")) as [string[]];
const all: OverheadFigures[] = [];
for (let round = 0; round < warmUp + rounds; round++) {
  const one = await measured(keys[round % keys.length] ?? "");
  if (round >= warmUp) all.push(one);
}
const middle = (part: keyof OverheadFigures): number => median(all.map((one) => one[part]));
process.send?.({ whole: middle("whole"), database: middle("database"), rest: middle("rest") });
