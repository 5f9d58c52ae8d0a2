import type { APIGatewayProxyEvent } from "aws-lambda";
import * as z from "zod";
import { Failure, type FailureCode } from "../errors.ts";
import { type ChainDeps, type HttpHandler, middlewareChain } from "./chain.ts";
import { addressFails } from "./check-address.ts";
import { csvOf, prefersCsv, type Table } from "./csv.ts";
import { declared } from "./declaration.ts";
import type { Guard } from "./guards/guard.ts";
import { etagOf } from "./guards/if-match.ts";
import { readJsonBody } from "./json-body.ts";
import { givingBackPlace } from "./proof-place.ts";
import type { HttpContext, RequestFacts } from "./request.ts";
import { usageCallerOf } from "./usage.ts";
import { validated } from "./validation.ts";

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
  /** Which version a success is, for its ETag. */
  version?: (reply: z.output<Reply>) => number;
  /**
   * Every code that `run` may throw. What guard, body, query and path refuse, and INTERNAL_ERROR, go
   * without saying. Tests fail for a code that is answered and not named.
   */
  fails?: readonly FailureCode[];
  /** The reply as a table, for who asks for text/csv. */
  table?: Table<z.output<Reply>>;
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

    const answer = async (event: APIGatewayProxyEvent, context: HttpContext) => {
      const { facts: request } = context;
      if (!request) throw new Error("identifyRequest did not run");
      // A preflight: its answer is the headers that every answer gets.
      if (request.method === "OPTIONS") return { statusCode: 204, body: "" };
      const body = bodySchema && readJsonBody(event);
      const caller = spec.guard ? await spec.guard(request, event, context) : ({} as Caller);
      const known = usageCallerOf(caller);
      if (known) request.usage.of(known);
      request.usage.succeedsWith(spec.status ?? 200);
      if (body?.ok === false) throw body.failure;
      const input = {
        ...caller,
        request,
        path: spec.path && pathOf(spec.path, event),
        query: querySchema && validated(querySchema, event.queryStringParameters ?? {}),
        body: bodySchema && validated(bodySchema, body?.value),
      } as Parameters<typeof spec.run>[0];
      const result = await spec.run(input);
      const statusCode = spec.status ?? 200;
      if (spec.table && prefersCsv(event.headers.accept)) {
        return { statusCode, headers: csvHeaders, body: csvOf(spec.table, result) };
      }
      return {
        statusCode,
        headers: {
          "Content-Type": "application/json",
          ...(spec.table && varies),
          ...(spec.version && { ETag: etagOf(spec.version(result)) }),
        },
        body: JSON.stringify(z.encode(spec.reply, result)),
      };
    };

    return declared<HttpHandler>(middlewareChain(deps, givingBackPlace(answer)), {
      ...spec,
      asked: spec.guard?.declares,
      fails: [...(deps.addresses ? addressFails : []), ...(spec.fails ?? [])],
    });
  };
}

const varies = { Vary: "Accept" };
const csvHeaders = { "Content-Type": "text/csv; charset=utf-8", ...varies };

function pathOf(schema: z.ZodObject, event: APIGatewayProxyEvent): unknown {
  const parsed = schema.safeParse(event.pathParameters ?? {});
  if (!parsed.success) throw new Failure("NOT_FOUND");
  return parsed.data;
}
