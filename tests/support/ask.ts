import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { apiEvent, lambdaContext } from "./api-event.ts";

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

interface Asked {
  /** Of a session or a key. */
  token?: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Parameters of the path. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  /** Where it comes from. */
  ip?: string;
}

/** One request to a handler, and its answer with the body read. */
export async function ask(handler: Handler, asked: Asked = {}) {
  const { token, body, path, query, headers, ip } = asked;
  const event = apiEvent({
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(path && { pathParameters: path }),
    ...(query && { query }),
    ...(ip !== undefined && { ip }),
  });
  const answer = await handler(event, lambdaContext());
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) };
}
