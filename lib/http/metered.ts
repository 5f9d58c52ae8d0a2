import { createHash } from "node:crypto";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type * as z from "zod";
import { limitHeaders } from "../credits/limit-headers.ts";
import type { Admission, AdmitInput, Metering, Price } from "../credits/metering.ts";
import { Failure, type FailureCode } from "../errors.ts";
import { parseToken } from "../security/token.ts";
import type { Settings } from "../settings/rules.ts";
import { bearerToken } from "./bearer.ts";
import { type Answered, type ChainDeps, type HttpHandler, middlewareChain } from "./chain.ts";
import { addressFails } from "./check-address.ts";
import { declared } from "./declaration.ts";
import { asFailure } from "./failures.ts";
import { idempotencyKey } from "./guards/idempotency-key.ts";
import { bodyText, readJsonBody } from "./json-body.ts";
import { meteredAnswer } from "./metered-answer.ts";
import { gateDeclaration } from "./metered-declaration.ts";
import type { HttpContext } from "./request.ts";
import type { Pieces } from "./streaming.ts";
import { validated } from "./validation.ts";
import type { Work } from "./work.ts";

interface MeteredDeps extends ChainDeps {
  metering: Metering;
  settings: { current(): Promise<Settings> };
}

export interface MeteredSpec<Plan> {
  scope: AdmitInput["scope"];
  rateClass: AdmitInput["rateClass"];
  /** Of the function, in milliseconds, as functions.yml declares it. */
  timeoutMs: number;
  /** What it costs; absent where nothing is charged. */
  price?: (plan: Plan) => Price;
  run: (input: {
    plan: Plan;
    admission: Admission;
    /** Ends the work, with its reason: the client has gone, or time is up. */
    signal: AbortSignal;
    /** Milliseconds that the function may still run. */
    functionMs: number;
    /** Milliseconds until time is up. */
    remainingMs: number;
  }) => Promise<Work>;
  /** A kept answer as events, for a request that wants a stream. */
  replay?: (plan: Plan, whole: string) => AsyncGenerator<object, void> | undefined;
  /** A whole answer. Only declared: its parts are parsed where they come from, and it is sent as it is. */
  reply: z.ZodType;
  /** Each event of an answer that comes as events, where it may. Only declared. */
  events?: z.ZodType;
  /** Every code that `plan` and `run` may throw; those of gate, body and Idempotency-Key go without saying. */
  fails?: readonly FailureCode[];
}

interface PlannedSpec<Body extends z.ZodObject | undefined, Plan> extends MeteredSpec<Plan> {
  /** Unknown fields are refused. */
  body?: Body;
  /** What the request comes to. It may throw a Failure of the caller's, which is told after the gate. */
  plan: (input: {
    body: Body extends z.ZodType ? z.output<Body> : undefined;
    settings: Settings;
    path: Record<string, string | undefined>;
  }) => Plan;
}

type Judged<Plan> = { ok: true; plan: Plan } | { ok: false; failure: Failure };

/**
 * Makes the builder of endpoints that are open to API keys and metered. Inside the middlewares' chain
 * it knows the order: body read and judged, gate, the judgement's failure, operation, settle, answer.
 * A body is judged before the gate, which has to know the price, and the judgement is told after it,
 * so that strangers learn nothing from it and nobody pays for a bad request.
 */
export function meteredBuilder(deps: MeteredDeps) {
  const { metering, settings } = deps;

  return <Plan, Body extends z.ZodObject | undefined = undefined>(
    spec: PlannedSpec<Body, Plan>,
  ): HttpHandler<Answered<string | Pieces>> => {
    const schema = spec.body?.strict();

    const judge = async (event: APIGatewayProxyEvent): Promise<Judged<Plan>> => {
      const current = await settings.current();
      try {
        const read = schema && readJsonBody(event);
        if (read?.ok === false) throw read.failure;
        idempotencyKey(event);
        const body = schema && validated(schema, read?.value);
        const path = event.pathParameters ?? {};
        const input = { body, settings: current, path } as Parameters<typeof spec.plan>[0];
        return { ok: true, plan: spec.plan(input) };
      } catch (error) {
        return { ok: false, failure: asFailure(error) };
      }
    };

    const answer = async (
      event: APIGatewayProxyEvent,
      context: HttpContext,
    ): Promise<Answered<string | Pieces>> => {
      const startedAt = performance.now();
      const { facts: request } = context;
      if (!request) throw new Error("identifyRequest did not run");
      // Its event is written by metering, with what it charges.
      request.usage.stands();
      const token = parseToken("key", bearerToken(event));
      if (!token) throw new Failure("INVALID_API_KEY");
      const judged = await judge(event);
      const text = bodyText(event);
      const price = judged.ok ? spec.price?.(judged.plan) : undefined;
      const key = price && idempotencyKey(event);
      const { scope, rateClass, timeoutMs } = spec;
      const admission = await metering.admit({
        request,
        token,
        scope,
        rateClass,
        price,
        timeoutMs,
        ...(key !== undefined && { idempotency: { key, body: digest(text) } }),
      });
      context.answerHeaders = limitHeaders(admission.limits);
      return meteredAnswer(spec, {
        metering,
        context,
        admission,
        judged,
        price,
        startedAt,
        gateMs: performance.now() - startedAt,
        requestSize: Buffer.byteLength(text),
        idempotent: key !== undefined,
      });
    };

    return declared<HttpHandler<Answered<string | Pieces>>>(middlewareChain(deps, answer), {
      ...spec,
      asked: gateDeclaration(spec),
      fails: [...addressFails, ...(spec.fails ?? [])],
    });
  };
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
