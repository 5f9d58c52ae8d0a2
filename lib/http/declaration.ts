import type * as z from "zod";
import type { FailureCode } from "../errors.ts";

/** The kinds of tokens that open an endpoint; `anyToken` is not looked at. */
export type Scheme = "session" | "apiKey" | "staffSession" | "anyToken";

/** What a guard asks of a request, and how it refuses. */
export interface GuardDeclaration {
  /** One of these is needed. */
  security: readonly Scheme[];
  /** Headers it reads beside the token, by the name the document describes them by. */
  headers?: readonly ("Idempotency-Key" | "If-Match")[];
  /** Every answer to a caller that it knows says what is left of the caller's limits. */
  metered?: boolean;
  fails: readonly FailureCode[];
}

interface Declared {
  /** By its guard. */
  asked?: GuardDeclaration | undefined;
  body?: z.ZodObject | undefined;
  query?: z.ZodObject | undefined;
  path?: z.ZodObject | undefined;
  /** The body of a success, as `z.encode` writes it. */
  reply: z.ZodType;
  /** Its media types; application/json unless told. */
  types?: readonly string[] | undefined;
  /** Of a success; 200 unless told. */
  status?: number;
  /** There if a success has an ETag. */
  version?: unknown;
  /** The columns of a success as `text/csv`, where it may be asked for so. */
  table?: { names: readonly string[] } | undefined;
  /** Each event of a success that comes as `text/event-stream`, where it may. */
  events?: z.ZodType | undefined;
  /** Codes that nothing else here makes possible. */
  fails?: readonly FailureCode[];
}

/** What an endpoint says of itself: read by the document of the API and by tests, never to answer. */
export interface Declaration
  extends Omit<Declared, "asked" | "fails" | "status" | "types" | "version"> {
  security: readonly Scheme[];
  headers: readonly string[];
  metered: boolean;
  /** Whether a success has an ETag. */
  versioned: boolean;
  types: readonly string[];
  status: number;
  /** Every code it may answer with. */
  fails: ReadonlySet<FailureCode>;
}

const declarations = new WeakMap<object, Declaration>();

/** Notes what a handler says of itself, and gives the handler back. */
export function declared<Handler extends object>(handler: Handler, said: Declared): Handler {
  const { asked, body, query, path, reply, table, events, fails = [] } = said;
  const { status = 200, types = ["application/json"] } = said;
  declarations.set(handler, {
    security: asked?.security ?? [],
    headers: asked?.headers ?? [],
    metered: asked?.metered ?? false,
    versioned: said.version !== undefined,
    body,
    query,
    path,
    reply,
    types,
    status,
    table,
    events,
    fails: new Set([
      ...(asked?.fails ?? []),
      ...(body ? bodyFails : []),
      ...(query ? (["VALIDATION_FAILED"] as const) : []),
      ...(path ? (["NOT_FOUND"] as const) : []),
      ...fails,
      "INTERNAL_ERROR",
    ]),
  });
  return handler;
}

const bodyFails = [
  "MALFORMED_JSON",
  "BODY_TOO_LARGE",
  "UNSUPPORTED_MEDIA_TYPE",
  "VALIDATION_FAILED",
] as const satisfies readonly FailureCode[];

/** What a handler says of itself; undefined for what no builder made. */
export const declarationOf = (handler: object): Declaration | undefined =>
  declarations.get(handler);

/** Another handler that answers as one does. */
export function declaredAs<Handler extends object>(handler: Handler, as: object): Handler {
  const declaration = declarations.get(as);
  if (declaration) declarations.set(handler, declaration);
  return handler;
}
