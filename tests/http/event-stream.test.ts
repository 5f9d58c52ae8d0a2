import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { Failure } from "../../lib/errors.ts";
import { eventStream } from "../../lib/http/event-stream.ts";
import { asFailure } from "../../lib/http/failures.ts";
import { nothingUsed } from "../../lib/http/work.ts";

type Settled = { begun: boolean; failure: Failure | undefined };

/** A stream of these events, and how it was settled. */
async function streamOf(
  events: AsyncGenerator<object, void>,
  signal = new AbortController().signal,
) {
  const settled: Settled[] = [];
  const stream = await eventStream(
    { events, isAnswer: () => true, used: () => nothingUsed, whole: () => ({}) },
    {
      signal,
      left: new Failure("CLIENT_CLOSED"),
      asFailure,
      errorText: ({ code }) => code,
      settle: async (end) => settled.push(end),
    },
  );
  return { ...stream, settled };
}

/** Ends as `end` says, however it is left. */
async function* twoEvents(end: () => Promise<void>): AsyncGenerator<object, void> {
  try {
    yield { number: 1 };
    yield { number: 2 };
  } finally {
    await end();
  }
}

describe("a stream that nobody reads to its end", () => {
  it.each<[string, () => Promise<void>]>([
    ["breaks while it is given up", () => Promise.reject(new Error("broken"))],
    ["is slow to end", () => sleep(200)],
  ])("is settled, also if its provider %s", async (_, end) => {
    const { text, written, settled } = await streamOf(twoEvents(end));
    await text.next();
    written();
    await text.return();
    expect(settled).toMatchObject([{ begun: true, failure: { code: "CLIENT_CLOSED" } }]);
  });

  it("has begun only once a piece of the answer was written", async () => {
    const { text, settled } = await streamOf(twoEvents(async () => {}));
    await text.next();
    await text.return();
    expect(settled).toMatchObject([{ begun: false }]);
  });

  it("is settled once if it fails in the middle, and says so in place of [DONE]", async () => {
    async function* failing(): AsyncGenerator<object, void> {
      yield { number: 1 };
      throw new Failure("UPSTREAM_FAILED");
    }
    const { text, settled } = await streamOf(failing());
    const pieces: string[] = [];
    for await (const piece of text) pieces.push(piece);
    expect(pieces).toEqual(['data: {"number":1}\n\n', "UPSTREAM_FAILED"]);
    expect(settled).toMatchObject([{ failure: { code: "UPSTREAM_FAILED" } }]);
  });
});
