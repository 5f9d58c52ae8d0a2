import { once } from "node:events";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { Failure } from "../errors.ts";
import type { Answered, HttpHandler } from "./chain.ts";
import { declaredAs } from "./declaration.ts";
import type { HttpContext } from "./request.ts";

/** A body that comes in pieces. */
export interface Pieces {
  text: AsyncGenerator<string, void>;
  /** Told of each piece that was written. */
  written: () => void;
  /** No piece is waited for, or for its reader, once this is aborted. */
  cut: AbortSignal;
  /** Runs to its end even if nobody reads any more, or reads on: what is not read waits in memory. */
  runsToEnd: boolean;
}

/** What Lambda's runtime, and the local gateway, offer to handlers that stream. */
interface LambdaStreams {
  streamifyResponse(
    handler: (event: APIGatewayProxyEvent, stream: Writable, context: Context) => Promise<void>,
  ): unknown;
  HttpResponseStream: {
    from(stream: Writable, head: Omit<Answered, "body">): Writable;
  };
}

/**
 * The exported handler of a function that may stream: piece by piece where the platform gives it a
 * stream, else (in tests, and with `serverless offline` alone) as a whole.
 */
export const streamable = (
  answer: HttpHandler<Answered<string | Pieces>>,
): HttpHandler<APIGatewayProxyResult> => declaredAs(forPlatform(answer), answer);

function forPlatform(
  answer: HttpHandler<Answered<string | Pieces>>,
): HttpHandler<APIGatewayProxyResult> {
  const { awslambda } = globalThis as { awslambda?: Partial<LambdaStreams> };
  const { streamifyResponse, HttpResponseStream } = awslambda ?? {};
  // Others put things into that object too, so that it may be there without what streams.
  if (!streamifyResponse || !HttpResponseStream) {
    return async (event, context) => {
      const { body, ...head } = await answer(event, context);
      return { ...head, body: typeof body === "string" ? body : await joined(body) };
    };
  }
  return streamifyResponse(async (event, stream, context) => {
    const gone = new AbortController();
    stream.on("error", () => "its close says it all");
    stream.once("close", () => gone.abort(new Failure("CLIENT_CLOSED")));
    const told: HttpContext = Object.assign(context, { gone: gone.signal });
    const { body, ...head } = await answer(event, told);
    const out = HttpResponseStream.from(stream, head);
    if (typeof body !== "string") return pipe(body, out);
    out.end(body);
    await finished(out).catch(unheard);
  }) as HttpHandler<APIGatewayProxyResult>;
}

/** Whoever goes away in the last moment is no failure of the function. */
const unheard = (): void => {};

async function joined({ text, written }: Pieces): Promise<string> {
  let whole = "";
  for await (const piece of text) {
    whole += piece;
    written();
  }
  return whole;
}

/** Leaving the loop lets the pieces settle as cut by the client. */
async function pipe(pieces: Pieces, out: Writable): Promise<void> {
  const { text, written, cut, runsToEnd } = pieces;
  for await (const piece of text) {
    if (out.destroyed && runsToEnd) continue;
    if (out.destroyed) return;
    const hasRoom = out.write(piece);
    written();
    if (runsToEnd) continue;
    if (!hasRoom) await taken(out, cut);
    if (cut.aborted && out.writableNeedDrain) break;
  }
  if (cut.aborted && out.writableNeedDrain) out.destroy();
  else await end(out, cut);
}

/** Milliseconds for which the rest of an answer may be read once no reader is waited for. */
const lastWait = 5_000;

/** Resolves when all was read, or the reader has gone or is waited for no longer. */
async function end(out: Writable, cut: AbortSignal): Promise<void> {
  const over = new AbortController();
  const giveUp = (): void => void setTimeout(() => over.abort(), lastWait).unref();
  if (cut.aborted) giveUp();
  else cut.addEventListener("abort", giveUp, { once: true });
  out.end();
  await finished(out, { signal: over.signal }).catch(unheard);
  cut.removeEventListener("abort", giveUp);
  out.destroy();
}

/** Resolves when the reader has read on, has gone, or is waited for no longer. */
async function taken(out: Writable, cut: AbortSignal): Promise<void> {
  const end = new AbortController();
  const signal = AbortSignal.any([cut, end.signal]);
  // Both reject by the signal alone, or by an error of `out`, which also closes it: the loop that
  // writes sees `destroyed` next. So nothing is lost here, where only the end of waiting counts.
  await Promise.race([
    once(out, "drain", { signal }).catch(() => {}),
    once(out, "close", { signal }).catch(() => {}),
  ]);
  end.abort();
}
