import middy from "@middy/core";
import httpEventNormalizer from "@middy/http-event-normalizer";
import httpHeaderNormalizer from "@middy/http-header-normalizer";
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import type { AddressGuard } from "../addresses/guard.ts";
import type { RecordRequest } from "../metrics.ts";
import { checkAddress } from "./check-address.ts";
import { answerFailures } from "./failures.ts";
import { cors, securityHeaders } from "./headers.ts";
import {
  type HttpContext,
  identifyRequest,
  type RequestOptions,
  requestRecorder,
} from "./request.ts";
import { leaveUsage } from "./usage.ts";

export interface ChainDeps extends RequestOptions {
  record: RecordRequest;
  corsOrigins: readonly string[];
  errorsUrl: string;
  /** Undefined for what is open to every address. */
  addresses?: AddressGuard;
}

/** An answer whose body is text, or comes in pieces. */
export interface Answered<Body = string> {
  statusCode: number;
  headers?: Record<string, string>;
  body: Body;
}

export type HttpHandler<Result = APIGatewayProxyResult> = (
  event: APIGatewayProxyEvent,
  context: Context,
) => Promise<Result>;

/**
 * Puts the middlewares around what answers a request. It alone knows their order: request id and
 * log, security headers and CORS, usage event, failures, and inside them the address and the answer.
 */
export const middlewareChain = <Body, Result>(
  deps: ChainDeps,
  answer: (event: APIGatewayProxyEvent, context: HttpContext) => Promise<Answered<Body>>,
): HttpHandler<Result> => {
  const chain = middy({ timeoutEarlyInMillis: 250, ...requestRecorder(deps.record) })
    .use(httpEventNormalizer())
    .use(httpHeaderNormalizer())
    .use(identifyRequest(deps))
    .use(securityHeaders())
    .use(cors(deps.corsOrigins))
    .use(leaveUsage())
    .use(answerFailures(deps));
  if (deps.addresses) chain.use(checkAddress(deps.addresses));
  return chain.handler(answer as never) as unknown as HttpHandler<Result>;
};
