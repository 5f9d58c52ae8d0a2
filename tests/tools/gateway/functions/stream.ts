import { once } from "node:events";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import type { awslambda as Contract } from "../../../../tools/local/gateway/response-stream.ts";

declare const awslambda: typeof Contract;

const begin = (stream: Writable, statusCode = 200): Writable =>
  awslambda.HttpResponseStream.from(stream, {
    statusCode,
    headers: { "Content-Type": "text/event-stream", "X-Kind": "stream" },
    multiValueHeaders: { "X-Many": ["a", "b"] },
    cookies: ["one=1", "two=2"],
  });

/** What handlers saw, read by the tests through globalThis. */
const seen = globalThis as { gone?: () => void; goOn?: () => void };

const streamed = awslambda.streamifyResponse;

export const pieces = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  const out = begin(stream, 201);
  for (const piece of ["one ", "two ", "three"]) {
    out.write(piece);
    await new Promise<void>((resolve) => Object.assign(seen, { goOn: resolve }));
  }
  out.end();
  await once(out, "finish");
});

export const echo = streamed(
  async (event: APIGatewayProxyEvent, stream: Writable, context: Context) => {
    const out = begin(stream);
    out.end(
      JSON.stringify({
        event,
        left: context.getRemainingTimeInMillis(),
        env: process.env.GATEWAY_TEST,
      }),
    );
  },
);

export const endless = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  const out = begin(stream);
  out.once("close", () => seen.gone?.());
  while (!out.destroyed) {
    out.write("tick ");
    await sleep(20);
  }
});

/** Writes faster than anyone reads, and says how much it got rid of. */
export const flood = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  const out = begin(stream);
  const piece = Buffer.alloc(1024 * 1024);
  while (!out.destroyed) {
    const more = out.write(piece);
    Object.assign(globalThis, { flooded: Number(Object(globalThis).flooded ?? 0) + 1 });
    if (!more) await Promise.race([once(out, "drain"), once(out, "close")]);
  }
});

export const empty = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  begin(stream, 204).end();
});

export const throws = streamed(async () => {
  throw new Error("before the first byte");
});

export const throwsLate = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  begin(stream).write("half ");
  await sleep(50);
  throw new Error("after the first byte");
});

export const sleeps = streamed(async () => {
  await sleep(60_000, undefined, { ref: false });
});

export const sleepsLate = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  begin(stream).write("half ");
  await sleep(60_000, undefined, { ref: false });
});

export const noPrelude = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  stream.end("no head");
});

export const forgetsEnd = streamed(async (_event: APIGatewayProxyEvent, stream: Writable) => {
  begin(stream).write("all of it");
});

export const buffered = async () => ({ statusCode: 200, body: "whole" });
