import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import * as z from "zod";

/** What a streaming handler declares before its first byte. */
const Prelude = z.looseObject({
  statusCode: z.number().int().min(100).max(599).default(200),
  headers: z.record(z.string(), z.coerce.string()).default({}),
  multiValueHeaders: z.record(z.string(), z.array(z.coerce.string())).default({}),
  cookies: z.array(z.string()).default([]),
});

type Prelude = z.output<typeof Prelude>;

const preludes = new WeakMap<Writable, Prelude>();

/** By this mark Lambda's runtime knows a handler that wants a stream. */
const streaming = Symbol.for("aws.lambda.runtime.handler.streaming");

type Handler = ((...args: never[]) => unknown) & { [streaming]?: "response" };

export const wantsStream = (handler: Handler): boolean => handler[streaming] === "response";

/**
 * What Lambda's Node.js runtime offers to streaming handlers as the global `awslambda`.
 * https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
 */
export const awslambda = {
  streamifyResponse: <Given extends Handler>(handler: Given): Given => {
    handler[streaming] = "response";
    return handler;
  },
  HttpResponseStream: {
    from: (stream: Writable, prelude: unknown): Writable => {
      preludes.set(stream, Prelude.parse(prelude));
      return stream;
    },
  },
};

/**
 * The stream that a handler writes its answer to. The head goes out with the first write; a client
 * that goes away destroys the stream.
 */
export function responseStream(response: ServerResponse): Writable {
  const begin = (): void => {
    if (response.headersSent) return;
    const prelude = preludes.get(stream);
    if (prelude === undefined) {
      throw new Error(
        "wrote to its stream without awslambda.HttpResponseStream.from(stream, { statusCode, headers })",
      );
    }
    const { statusCode, headers, multiValueHeaders, cookies } = prelude;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    for (const [name, values] of Object.entries(multiValueHeaders))
      response.setHeader(name, values);
    if (cookies.length > 0) response.setHeader("Set-Cookie", cookies);
    response.writeHead(statusCode);
    response.flushHeaders();
  };
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      try {
        begin();
      } catch (error) {
        return done(error as Error);
      }
      if (chunk.length === 0) return done();
      // `done` is called once the client has read on, so that a fast handler waits for a slow client.
      response.write(chunk, done);
    },
    final: (done) => {
      try {
        begin();
      } catch (error) {
        return done(error as Error);
      }
      response.end(done);
    },
  });
  response.once("close", () => {
    if (!response.writableFinished) stream.destroy();
  });
  return stream;
}
