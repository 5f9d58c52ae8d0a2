import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Failure, type FailureCode } from "../../../lib/errors.ts";
import { problem } from "../../../lib/http/problem.ts";
import { readBody } from "../read-body.ts";
import { answerFor, gatewayAnswers } from "./answers.ts";
import { eventOf, targetOf } from "./event.ts";
import { passOn } from "./pass-on.ts";
import { awslambda } from "./response-stream.ts";
import { matchRoute, routesOf } from "./routes.ts";
import { runStream } from "./run-stream.ts";
import type { Service } from "./service.ts";

/** API Gateway's limit on a request's body, in bytes. */
const bodyLimit = 10 * 1024 * 1024;

interface GatewayOptions {
  service: Service;
  /** Base URL of serverless-offline, which runs the functions that don't stream. */
  offlineUrl: string;
  report: (message: string, error?: unknown) => void;
}

/**
 * The server in front of serverless-offline, not listening yet: it runs the routes declared STREAM
 * itself and passes the rest on, so that one address serves all, as API Gateway does.
 */
export function createGateway({ service, offlineUrl, report }: GatewayOptions): Server {
  Object.assign(globalThis, { awslambda });
  const routes = routesOf(service);

  const answer = async (incoming: IncomingMessage, response: ServerResponse, requestId: string) => {
    const target = targetOf(incoming);
    const body = await readBody(incoming, bodyLimit);
    if (target === undefined) return refuse(response, "NOT_FOUND", { requestId });
    if (body === undefined) return refuse(response, "BODY_TOO_LARGE", { requestId });
    const match = matchRoute(routes, incoming.method ?? "GET", target.pathname);
    if (match.kind === "wrong method") {
      const headers = { Allow: match.allow.join(", ") };
      return refuse(response, "METHOD_NOT_ALLOWED", { requestId, headers });
    }
    if (match.kind === "route" && match.route.stream) {
      const { stage } = service.provider;
      const event = eventOf(incoming, { ...match, target, stage, body });
      const { functionKey } = match.route;
      return runStream({ service, functionKey, event, response, report });
    }
    await passOn(incoming, response, { to: offlineUrl, body });
  };

  const server = createServer((incoming, response) => {
    const requestId = randomUUID();
    answer(incoming, response, requestId).catch((error: unknown) => {
      if (response.destroyed) return;
      report(`${incoming.method} ${incoming.url}: the gateway failed`, error);
      answerFor(response, gatewayAnswers.failed, requestId);
    });
  });
  return server;
}

/** What the gateway refuses itself, as the gateway responses of functions/resources.yml do. */
function refuse(
  response: ServerResponse,
  code: FailureCode,
  { requestId, headers = {} }: { requestId: string; headers?: Record<string, string> },
): void {
  const errorsUrl = process.env.ERRORS_URL || "/docs/errors";
  const answer = problem(new Failure(code), { requestId, errorsUrl });
  response.writeHead(answer.statusCode, {
    ...answer.headers,
    ...headers,
    "Cache-Control": "no-store",
    "X-Request-Id": requestId,
  });
  response.end(answer.body);
}
