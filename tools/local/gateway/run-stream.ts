import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { answerFor, gatewayAnswers } from "./answers.ts";
import { loadHandler } from "./load-handler.ts";
import { responseStream, wantsStream } from "./response-stream.ts";
import type { FunctionDefinition, Service } from "./service.ts";

type StreamingHandler = (
  event: APIGatewayProxyEvent,
  stream: Writable,
  context: Context,
) => Promise<unknown>;

/** Lambda's own, where neither the function nor the provider says one. */
const defaultTimeout = 6;
const defaultMemory = 1024;

const late = Symbol("the timeout has passed");

interface StreamRun {
  service: Service;
  functionKey: string;
  event: APIGatewayProxyEvent;
  response: ServerResponse;
  /** Told what ended the function other than its own return. */
  report: (message: string, error?: unknown) => void;
}

/**
 * Runs a streaming function as Lambda does: its environment, its timeout, its answer piece by piece.
 * If it fails or times out the client gets 502 or 504 before the first byte, a broken connection after it.
 */
export async function runStream({
  service,
  functionKey,
  event,
  response,
  report,
}: StreamRun): Promise<void> {
  const definition = service.functions[functionKey];
  if (definition === undefined) throw new Error(`no function ${functionKey}`);
  const { requestId } = event.requestContext;
  const timeout = (definition.timeout ?? service.provider.timeout ?? defaultTimeout) * 1_000;
  const ended = new AbortController();
  const stream = responseStream(response);
  // Listened to from the start: an error of a stream that nobody hears would end the whole stack.
  const failure = new Promise<never>((_, reject) => stream.on("error", reject));
  const context = contextOf(definition, service, {
    requestId,
    deadline: performance.now() + timeout,
  });

  const run = async (): Promise<void> => {
    Object.assign(process.env, service.provider.environment, definition.environment);
    const handler = await loadHandler<StreamingHandler>(service.directory, definition.handler);
    if (!wantsStream(handler)) {
      throw new Error("its route streams, but it is not wrapped in awslambda.streamifyResponse");
    }
    await handler(event, stream, context);
    if (!stream.writableEnded && !stream.destroyed) {
      report(`${functionKey}: returned without ending its stream`);
      stream.end();
    }
    await finished(stream);
  };

  try {
    const first = await Promise.race([
      run(),
      failure,
      sleep(timeout, late, { signal: ended.signal, ref: false }),
    ]);
    if (first === late) {
      report(`${functionKey}: timed out after ${timeout / 1_000} s`);
      answerFor(response, gatewayAnswers.timedOut, requestId);
    }
  } catch (error) {
    const clientLeft = response.destroyed;
    if (clientLeft) return;
    report(`${functionKey}: failed`, error);
    answerFor(response, gatewayAnswers.failed, requestId);
  } finally {
    ended.abort();
    stream.destroy();
  }
}

const contextOf = (
  { name, memorySize }: FunctionDefinition,
  { provider }: Service,
  { requestId, deadline }: { requestId: string; deadline: number },
): Context => ({
  awsRequestId: requestId,
  callbackWaitsForEmptyEventLoop: true,
  functionName: name,
  functionVersion: "$LATEST",
  invokedFunctionArn: `arn:aws:lambda:${provider.region}:000000000000:function:${name}`,
  memoryLimitInMB: String(memorySize ?? provider.memorySize ?? defaultMemory),
  logGroupName: `/aws/lambda/${name}`,
  logStreamName: "local",
  getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  done: noCallback,
  fail: noCallback,
  succeed: noCallback,
});

/** Lambda took these away from Node.js 24 functions. */
const noCallback = (): never => {
  throw new Error("functions return or throw; callbacks are gone from the Node.js 24 runtime");
};
