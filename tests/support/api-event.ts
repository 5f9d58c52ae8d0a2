import type { APIGatewayProxyEvent, Context } from "aws-lambda";

interface EventOptions {
  method?: string;
  /** The path as declared. */
  resource?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | null;
  query?: Record<string, string>;
  pathParameters?: Record<string, string>;
  ip?: string;
  isBase64Encoded?: boolean;
}

/** An event as API Gateway's REST APIs send it (payload 1.0), with headers as the client spelled them. */
export function apiEvent(options: EventOptions = {}): APIGatewayProxyEvent {
  const { method = "GET", resource = "/test", headers = {}, ip = "203.0.113.7" } = options;
  const path = options.path ?? resource;
  return {
    resource,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, [value]]),
    ),
    queryStringParameters: options.query ?? null,
    multiValueQueryStringParameters: null,
    pathParameters: options.pathParameters ?? null,
    stageVariables: null,
    body: options.body ?? null,
    isBase64Encoded: options.isBase64Encoded ?? false,
    requestContext: {
      accountId: "123456789012",
      apiId: "api",
      authorizer: null,
      httpMethod: method,
      identity: { sourceIp: ip, userAgent: "test-agent/1.0" } as never,
      path,
      protocol: "HTTP/1.1",
      requestId: "chosen-by-nobody",
      requestTimeEpoch: 0,
      resourceId: "resource",
      resourcePath: resource,
      stage: "test",
    },
  };
}

/** A Lambda context with `remaining` milliseconds left. */
export const lambdaContext = (remaining = 28_000): Context =>
  ({ functionName: "test", getRemainingTimeInMillis: () => remaining }) as unknown as Context;
