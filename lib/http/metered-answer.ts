import type { Admission, Metering, Price } from "../credits/metering.ts";
import { Failure } from "../errors.ts";
import { failureLabels } from "../fingerprint.ts";
import type { Answered } from "./chain.ts";
import { eventStream, eventText, lastEvent } from "./event-stream.ts";
import { asFailure } from "./failures.ts";
import type { MeteredSpec } from "./metered.ts";
import { failureShape, openAiError } from "./problem.ts";
import type { HttpContext } from "./request.ts";
import { settler } from "./settler.ts";
import type { Pieces } from "./streaming.ts";
import { nothingUsed, type StreamWork, type Used, type Work } from "./work.ts";

/** Milliseconds before the function's timeout at which everything is cut, so that it can be settled. */
const reserve = 15_000;

interface Admitted<Plan> {
  metering: Metering;
  context: HttpContext;
  admission: Admission;
  judged: { ok: true; plan: Plan } | { ok: false; failure: Failure };
  price: Price | undefined;
  /** On `performance`'s clock. */
  startedAt: number;
  gateMs: number;
  requestSize: number;
  /** Asked with an Idempotency-Key: it runs to its end even if its client goes away. */
  idempotent: boolean;
}

/** Runs an admitted request, settles it, and answers. @throws Failure, after it was settled */
export async function meteredAnswer<Plan>(
  spec: MeteredSpec<Plan>,
  admitted: Admitted<Plan>,
): Promise<Answered<string | Pieces>> {
  const { admission, context, judged, price, idempotent, gateMs } = admitted;
  const settle = settler({ ...admitted, keepAnswer: idempotent });
  const label = (more: Record<string, string>): void => {
    context.answerHeaders = { ...context.answerHeaders, ...more };
  };
  const { signal, cut, end, ...times } = boundsOf(context, idempotent);
  const told = (failure: Failure): { error: object } =>
    JSON.parse(openAiError(failure, { requestId: admission.request.id, errorsUrl: "" }).body);

  const fail = async (failure: Failure): Promise<never> => {
    end();
    const shape = failureShape(context.facts?.path ?? "");
    const { statusCode: status } = shape(failure, { requestId: "", errorsUrl: "" });
    await settle(nothingUsed, { status, body: "", failure });
    if (price) label(creditsLeft(admission, price.credits));
    throw failure;
  };

  const whole = async ({ reply, used }: { reply: unknown; used: Used }) => {
    const body = JSON.stringify(reply);
    const before = performance.now();
    end();
    const { credits } = await settle(used, { status: 200, body });
    const settleMs = performance.now() - before;
    if (price) label(creditsLeft(admission, price.credits - credits));
    label(timing({ gate: gateMs, upstream: used.upstreamMs, settle: settleMs }));
    return { statusCode: 200, headers: { "Content-Type": "application/json" }, body };
  };

  const streamed = async (work: StreamWork) => {
    const { text, written } = await eventStream(work, {
      signal,
      left: new Failure("CLIENT_CLOSED"),
      asFailure,
      errorText: (failure) => eventText(told(failure)),
      settle: ({ begun, failure }) => {
        // The chain has answered by then and hears of it no more.
        if (failure) context.failure = failure;
        if (failure && failure.status >= 500) {
          const { log, route } = admission.request;
          log.error("failure", { ...failureLabels(failure, route), error: failure });
        }
        const charged = failure === undefined || (begun && cut(failure));
        const used = charged ? work.used() : nothingUsed;
        // A replay of an answer that was cut short has to say so.
        const body = JSON.stringify({ ...work.whole(), ...(failure && told(failure)) });
        return settle(used, { status: 200, body, failure });
      },
    });
    label(timing({ gate: gateMs, upstream: performance.now() - admitted.startedAt - gateMs }));
    return pieces(text, written);
  };

  const pieces = (text: AsyncGenerator<string, void>, written = () => {}) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    context.ended = promise;
    return {
      statusCode: 200,
      headers: { "Content-Type": "text/event-stream; charset=utf-8" },
      body: { text: withEnd(text, resolve), written, cut: signal, runsToEnd: idempotent },
    };
  };

  if (!judged.ok) return fail(judged.failure);
  if (admission.replay) {
    label({ "Idempotency-Replayed": "true" });
    const { status, body } = admission.replay;
    const events = spec.replay?.(judged.plan, body);
    if (events) return pieces(replayed(events));
    end();
    return { statusCode: status, headers: { "Content-Type": "application/json" }, body };
  }
  try {
    const work: Work = await spec.run({ plan: judged.plan, admission, signal, ...times });
    if ("events" in work) return await streamed(work);
    return await whole(work);
  } catch (error) {
    return await fail(asFailure(signal.aborted ? signal.reason : error));
  }
}

/** When the work has to end: 15 s before the function's timeout, or when the client has gone. */
function boundsOf(context: HttpContext, idempotent: boolean) {
  const functionMs = context.getRemainingTimeInMillis();
  const remainingMs = Math.max(1_000, functionMs - reserve);
  const time = new AbortController();
  let timeUp: Failure | undefined;
  const timer = setTimeout(() => {
    timeUp = new Failure("UPSTREAM_TIMEOUT");
    time.abort(timeUp);
  }, remainingMs).unref();
  const gone = idempotent ? undefined : context.gone;
  return {
    functionMs,
    remainingMs,
    /** Of a process that answers many requests none keeps a timer. */
    end: () => clearTimeout(timer),
    signal: gone ? AbortSignal.any([time.signal, gone]) : time.signal,
    /** Whether a failure is the client's doing, or as good as. */
    cut: (failure: Failure): boolean => failure === timeUp || failure.code === "CLIENT_CLOSED",
  };
}

const creditsLeft = ({ limits }: Admission, givenBack: number): Record<string, string> => ({
  "X-Credits-Remaining": String(limits.left.credits + givenBack),
});

/** https://www.w3.org/TR/server-timing/, in milliseconds. */
const timing = (durations: Record<string, number | undefined>): Record<string, string> => ({
  "Server-Timing": Object.entries(durations)
    .flatMap(([name, ms]) => (ms === undefined ? [] : [`${name};dur=${ms.toFixed(1)}`]))
    .join(", "),
});

async function* withEnd(
  text: AsyncGenerator<string, void>,
  onEnd: () => void,
): AsyncGenerator<string, void> {
  try {
    yield* text;
  } finally {
    onEnd();
  }
}

async function* replayed(events: AsyncGenerator<object, void>): AsyncGenerator<string, void> {
  let isWhole = true;
  for await (const event of events) {
    isWhole &&= !("error" in event);
    yield eventText(event);
  }
  if (isWhole) yield lastEvent;
}
