import type { MiddlewareObj, Request } from "@middy/core";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { Failure } from "../errors.ts";
import { failureLabels } from "../fingerprint.ts";
import type { Log } from "../logger.ts";
import type { RecordRequest } from "../metrics.ts";
import type { Proof } from "../security/proof.ts";
import type { RequestUsage, UsageCaller } from "../usage/request-usage.ts";
import { clientAddress } from "./client-address.ts";
import { bodySize } from "./json-body.ts";

/** What the service knows of a request before it knows the caller. */
export interface RequestFacts {
  /** Made here for each invocation, never taken from the caller: a chosen one could name another's hold. */
  id: string;
  /** The caller's own X-Request-Id, recorded and nothing more. */
  clientRequestId: string | undefined;
  method: string;
  /** The path as declared, such as /v1/users/{id}. */
  route: string;
  path: string;
  ip: string;
  userAgent: string | undefined;
  log: Log;
  /** Its usage event, on the way to the database. */
  usage: RequestUsage;
}

/** Lambda's context with what the middlewares of one invocation share; middy's own middlewares put it there too. */
export interface HttpContext extends Context {
  /** Absent until the event has been read. */
  facts?: RequestFacts;
  /** That of the password which the guard was asked for; its place is given back if nothing becomes of it. */
  proof?: Proof | undefined;
  /** The failure that was answered. */
  failure?: Failure;
  /** Headers of whatever is answered, failures included. */
  answerHeaders?: Record<string, string>;
  /** Told, with the reason, when the platform reports that the client has gone. */
  gone?: AbortSignal;
  /** Resolves at the end of an answer that comes in pieces. */
  ended?: Promise<void>;
}

type HttpRequest = Request<APIGatewayProxyEvent, APIGatewayProxyResult, Error, HttpContext>;
export type HttpMiddleware = MiddlewareObj<
  APIGatewayProxyEvent,
  APIGatewayProxyResult,
  Error,
  HttpContext
>;

export interface RequestOptions {
  log: Log;
  newId: () => string;
  trustedProxies: number;
  openUsage: (request: Omit<RequestFacts, "usage" | "path"> & { size: number }) => RequestUsage;
}

/** Longest text kept of anything the caller says about itself. */
const longest = 256;

/** Gives each invocation its id and its facts, names the id in the answer, and keeps answers out of caches. */
export function identifyRequest({
  log,
  newId,
  trustedProxies,
  openUsage,
}: RequestOptions): HttpMiddleware {
  const label = ({ response, context }: HttpRequest): void => {
    if (!response) return;
    const id = context.facts?.id ?? "";
    response.headers = {
      "Cache-Control": "no-store",
      ...response.headers,
      ...context.answerHeaders,
      "X-Request-Id": id,
    };
  };
  return {
    before: ({ event, context }) => {
      const id = newId();
      const facts = {
        id,
        clientRequestId: event.headers["x-request-id"]?.slice(0, longest),
        method: event.httpMethod,
        route: event.resource,
        path: event.path,
        ip: clientAddress(event, trustedProxies),
        userAgent: event.requestContext.identity.userAgent?.slice(0, longest),
        log: log.with({ request_id: id }),
      };
      context.facts = { ...facts, usage: openUsage({ ...facts, size: bodySize(event) }) };
    },
    after: label,
    onError: label,
  };
}

/** Writes one line and one set of metrics for a request that has its answer: hooks of middy's own. */
export function requestRecorder(record: RecordRequest) {
  const startedAt = new WeakMap<object, number>();
  return {
    requestStart: ({ context }: Request): void => {
      startedAt.set(context, performance.now());
    },
    requestEnd: (request: Request): void => {
      const { ended } = request.context as HttpContext;
      if (ended !== undefined) void ended.then(() => write(request));
      else write(request);
    },
  };

  function write({ context, response }: Request): void {
    const { facts, failure } = context as HttpContext;
    if (!facts) return;
    const status: number = response?.statusCode ?? 500;
    const elapsed = performance.now() - (startedAt.get(context) ?? Number.NaN);
    const duration = Math.round(elapsed * 10) / 10;
    facts.log.info("request", {
      method: facts.method,
      route: facts.route,
      path: facts.path.slice(0, longest),
      status,
      ...(failure && failureLabels(failure, facts.route)),
      duration_ms: duration,
      ...callerIds(facts.usage.caller),
      ip: facts.ip,
      user_agent: facts.userAgent,
      client_request_id: facts.clientRequestId,
    });
    record({ route: `${facts.method} ${facts.route}`, status, duration, code: failure?.code });
  }
}

/** Who called, by ids alone. */
const callerIds = (caller: UsageCaller | undefined): Record<string, string | undefined> => ({
  account: caller?.account?._id.toHexString(),
  key: caller?.key?.id.toHexString(),
  staff: caller?.staff?._id.toHexString(),
});
