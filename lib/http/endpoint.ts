import type { APIGatewayProxyEvent } from "aws-lambda";
import * as z from "zod";
import { Failure } from "../errors.ts";
import { type ChainDeps, type HttpHandler, middlewareChain } from "./chain.ts";
import { readJsonBody } from "./json-body.ts";
import type { HttpContext, RequestFacts } from "./request.ts";
import { validated } from "./validation.ts";

/** Decides who is calling, or throws. What it returns is what `run` knows of the caller. */
type Guard<Caller> = (
  request: RequestFacts,
  event: APIGatewayProxyEvent,
) => Promise<Caller> | Caller;

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

interface EndpointSpec<Caller, Body, Query, Path, Reply extends z.ZodType> {
  guard?: Guard<Caller>;
  /** Unknown fields are refused, whatever the schema says of them. */
  body?: Body;
  query?: Query;
  /** A path that breaks it is an address where nothing is: 404. */
  path?: Path;
  /** Fields it does not name never leave the service. */
  reply: Reply;
  /** Status of a success; 200 unless told. */
  status?: number;
  /** Further headers of a success. */
  headers?: (reply: z.output<Reply>) => Record<string, string>;
  run: (
    input: Caller & {
      body: Parsed<Body>;
      query: Parsed<Query>;
      path: Parsed<Path>;
      request: RequestFacts;
    },
  ) => z.output<Reply> | Promise<z.output<Reply>>;
}

/**
 * Makes the builder of endpoints. Inside the middlewares' chain it knows the order: body read, guard,
 * validation, operation, reply. A body is read before the guard and judged after it, so that
 * strangers learn nothing from it.
 */
export function endpointBuilder(deps: ChainDeps) {
  return <
    Reply extends z.ZodType,
    Caller extends object = object,
    Body extends z.ZodObject | undefined = undefined,
    Query extends z.ZodObject | undefined = undefined,
    Path extends z.ZodObject | undefined = undefined,
  >(
    spec: EndpointSpec<Caller, Body, Query, Path, Reply>,
  ): HttpHandler => {
    const bodySchema = spec.body?.strict();
    const querySchema = spec.query?.strict();

    const answer = async (event: APIGatewayProxyEvent, { facts: request }: HttpContext) => {
      if (!request) throw new Error("identifyRequest did not run");
      // A preflight: its answer is the headers that every answer gets.
      if (request.method === "OPTIONS") return { statusCode: 204, body: "" };
      const body = bodySchema && readJsonBody(event);
      const caller = spec.guard ? await spec.guard(request, event) : ({} as Caller);
      if (body?.ok === false) throw body.failure;
      const input = {
        ...caller,
        request,
        path: spec.path && pathOf(spec.path, event),
        query: querySchema && validated(querySchema, event.queryStringParameters ?? {}),
        body: bodySchema && validated(bodySchema, body?.value),
      } as Parameters<typeof spec.run>[0];
      const reply = await spec.run(input);
      return {
        statusCode: spec.status ?? 200,
        headers: { "Content-Type": "application/json", ...spec.headers?.(reply) },
        body: JSON.stringify(z.encode(spec.reply, reply)),
      };
    };

    return middlewareChain(deps, answer);
  };
}

function pathOf(schema: z.ZodObject, event: APIGatewayProxyEvent): unknown {
  const parsed = schema.safeParse(event.pathParameters ?? {});
  if (!parsed.success) throw new Failure("NOT_FOUND");
  return parsed.data;
}
