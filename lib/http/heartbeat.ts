import { setTimeout as sleep } from "node:timers/promises";

/** Stands among the events where there was nothing for a while. */
export const silence = Symbol("silence");

/** The events of `events`, with `silence` between them each time nothing came for `every` milliseconds. */
export async function* withSilences<Event>(
  events: AsyncGenerator<Event, void>,
  every: number,
): AsyncGenerator<Event | typeof silence, void> {
  try {
    for (;;) {
      const next = events.next();
      let result = await orSilence(next, every);
      while (result === silence) {
        yield silence;
        result = await orSilence(next, every);
      }
      if (result.done) return;
      yield result.value;
    }
  } finally {
    await events.return();
  }
}

async function orSilence<Result>(
  next: Promise<Result>,
  every: number,
): Promise<Result | typeof silence> {
  const timer = new AbortController();
  // Heard here too, because whoever waits may leave before it fails; the race below still rejects
  // with it for who stays.
  next.catch(() => {});
  const silent = sleep(every, undefined, { signal: timer.signal }).then(
    () => silence,
    () => silence,
  ) as Promise<typeof silence>;
  try {
    return await Promise.race([next, silent]);
  } finally {
    timer.abort();
  }
}
