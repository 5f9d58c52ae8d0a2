import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../errors.ts";
import type { Log } from "../logger.ts";
import type { Provider } from "./provider.ts";
import { readEvents } from "./read-events.ts";
import { readJson } from "./read-json.ts";
import { longestAnswer, readText } from "./read-text.ts";
import { brokenOff, refusalOf, timedOut, tooLong, UpstreamError } from "./upstream-error.ts";
import { type Watch, watchFor } from "./watch.ts";

interface ClientDeps {
  providers: () => Promise<Provider[]>;
  log: Pick<Log, "warn">;
  /** From 0 to below 1; spreads retries of many. */
  random?: () => number;
}

interface Body extends Record<string, unknown> {
  model: string;
}

/** Tries at one provider. */
const tries = 3;

/** Milliseconds before the second try; twice as many before the third. */
const firstWait = 500;

/** Longer than this, in milliseconds, nobody is waited for: the next provider is asked. */
const longestWait = 5_000;

/** Bytes that are read of an answer that is none: more than an error in OpenAI's form has. */
const longestRefusal = 64 * 1024;

interface Means {
  watch: Watch;
  /** A text of the provider's without our key, which it may repeat. */
  hide: (text: string) => string;
}

type Read<Answer> = (response: Response, means: Means) => Promise<Answer>;

/**
 * Asks the providers in their order, each up to three times: again after a 429, a 5xx or a broken
 * connection, with growing waits or the one it asks for. `signal` ends it at any moment, with its
 * reason, and must bound the whole. Everything else ends as one of the UPSTREAM_ failures.
 */
export function upstreamClient({ providers, log, random = Math.random }: ClientDeps) {
  const ask = async <Answer>(
    body: Body,
    signal: AbortSignal,
    read: Read<Answer>,
  ): Promise<Answer> => {
    let last: Failure | undefined;
    for (const provider of await providers()) {
      for (let count = 1; count <= tries; count++) {
        signal.throwIfAborted();
        try {
          return await askOnce(provider, body, { signal, read });
        } catch (error) {
          signal.throwIfAborted();
          const problem = error instanceof UpstreamError ? error : brokenOff(error);
          last = problem.failure;
          if (problem.next === "give up") throw last;
          const { name } = provider;
          log.warn("upstream", { provider: name, try: count, code: last.code, error: last });
          const wait = problem.waitMs ?? firstWait * 2 ** (count - 1) * (0.5 + random() / 2);
          if (problem.next !== "again" || count === tries || wait > longestWait) break;
          await sleep(wait, undefined, { signal });
        }
      }
    }
    throw last ?? new Failure("UPSTREAM_UNAVAILABLE", { retryAfter: 30 });
  };

  return {
    /**
     * The provider's answer as one JSON value, in the form that `parse` takes from it; one of more
     * than `mostBytes` bytes is none.
     */
    whole: <Answer>(
      body: Body,
      signal: AbortSignal,
      parse: (json: unknown) => Answer,
      mostBytes = longestAnswer,
    ) =>
      ask(body, signal, async (response, { watch }) => {
        const { text, isWhole } = await readText(response, { mostBytes, heard: watch.listen });
        watch.pause();
        if (!isWhole) throw tooLong();
        return parse(readJson(text));
      }),
    /**
     * The provider's stream from its first event on, which has come when this resolves: after it
     * nothing is tried again. Throws a Failure if it breaks off before its `[DONE]`.
     */
    events: <Event>(body: Body, signal: AbortSignal, parse: (json: unknown) => Event) =>
      ask(body, signal, async (response, { watch, hide }) => {
        const events = readEvents(response, { watch, hide, parse });
        return joined(await events.next(), events, { signal, watch });
      }),
  };
}

export type UpstreamClient = ReturnType<typeof upstreamClient>;

interface Try<Answer> {
  signal: AbortSignal;
  read: Read<Answer>;
}

/** One try at one provider. @throws UpstreamError, or whatever kept it from an answer */
export async function askOnce<Answer>(
  provider: Provider,
  body: Body,
  { signal, read }: Try<Answer>,
): Promise<Answer> {
  const silence = new AbortController();
  const watch = watchFor(provider.timeoutMs, () => silence.abort(timedOut()));
  watch.listen();
  try {
    const key = await provider.key();
    const hide = (text: string): string => (key ? text.replaceAll(key, "[redacted]") : text);
    const response = await fetch(`${provider.url}/chat/completions`, {
      method: "POST",
      // A redirect could carry the key elsewhere.
      redirect: "error",
      headers: {
        "Content-Type": "application/json",
        ...(key !== undefined && { Authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify({ ...body, model: provider.models[body.model] ?? body.model }),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) {
      const { text } = await readText(response, { mostBytes: longestRefusal });
      throw refusalOf(response.status, response.headers, hide(text));
    }
    return await read(response, { watch, hide });
  } catch (error) {
    watch.pause();
    throw error;
  }
}

async function* joined<Event>(
  first: IteratorResult<Event, void>,
  rest: AsyncGenerator<Event, void>,
  { signal, watch }: { signal: AbortSignal; watch: Watch },
): AsyncGenerator<Event, void> {
  try {
    if (first.done) return;
    yield first.value;
    yield* rest;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof UpstreamError ? error.failure : brokenOff(error).failure;
  } finally {
    watch.pause();
    await rest.return();
  }
}
