import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type { Route } from "./routes.ts";

interface EventParts {
  route: Route;
  target: URL;
  parameters: Record<string, string>;
  stage: string;
  body: Buffer;
}

/** Name and value of each header in the order they came, with those that a proxy in front would have set. */
export function forwardedHeaders(incoming: IncomingMessage): [string, string][] {
  const { rawHeaders, socket } = incoming;
  const sent = rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""]] : [],
  );
  // What the client claims of earlier hops is dropped: the stack trusts exactly this one.
  return [
    ...sent.filter(([name]) => !name.toLowerCase().startsWith("x-forwarded-")),
    ["X-Forwarded-For", addressOf(incoming)],
    ["X-Forwarded-Port", String(socket.localPort ?? "")],
    ["X-Forwarded-Proto", "http"],
  ];
}

/** What a request asks for, or nothing if its path can be no resource's: `*`, `//`, an escape that is none. */
export function targetOf({ url = "" }: IncomingMessage): URL | undefined {
  if (!url.startsWith("/") || url.startsWith("//")) return undefined;
  const target = new URL(`http://gateway${url}`);
  try {
    decodeURIComponent(target.pathname);
  } catch {
    return undefined;
  }
  return target;
}

/** The event of API Gateway's Lambda proxy integration (REST API, payload 1.0) for a request. */
export function eventOf(incoming: IncomingMessage, parts: EventParts): APIGatewayProxyEvent {
  const { route, parameters, stage, body } = parts;
  const { pathname, searchParams } = parts.target;
  const headers = forwardedHeaders(incoming);
  const method = incoming.method ?? "GET";
  const now = new Date();
  return {
    resource: route.path,
    path: pathname,
    httpMethod: method,
    headers: Object.fromEntries(headers),
    multiValueHeaders: multiple(headers),
    queryStringParameters: orNull(Object.fromEntries(searchParams)),
    multiValueQueryStringParameters: orNull(multiple([...searchParams])),
    pathParameters: orNull(parameters),
    stageVariables: null,
    body: body.length === 0 ? null : body.toString("utf8"),
    isBase64Encoded: false,
    requestContext: {
      accountId: "local",
      apiId: "local",
      authorizer: null,
      httpMethod: method,
      identity: identityOf(incoming),
      path: pathname,
      protocol: `HTTP/${incoming.httpVersion}`,
      requestId: randomUUID(),
      requestTime: now.toUTCString(),
      requestTimeEpoch: now.getTime(),
      resourceId: "local",
      resourcePath: route.path,
      stage,
    },
  };
}

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? "";

const identityOf = (
  incoming: IncomingMessage,
): APIGatewayProxyEvent["requestContext"]["identity"] => ({
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  clientCert: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  sourceIp: addressOf(incoming),
  user: null,
  userAgent: incoming.headers["user-agent"] ?? null,
  userArn: null,
});

const multiple = (pairs: readonly [string, string][]): Record<string, string[]> => {
  // Names may be those that every object has, such as `constructor`.
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries(values);
};

/** API Gateway says null where there is nothing. */
const orNull = <Values extends object>(values: Values): Values | null =>
  Object.keys(values).length === 0 ? null : values;
