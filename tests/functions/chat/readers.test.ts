import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { awslambda } from "../../../tools/local/gateway/response-stream.ts";
import { lambdaContext } from "../../support/api-event.ts";
import { loadFunction } from "../../support/functions.ts";
import { eventOf, eventsIn, keyedService, say } from "./support.ts";

// As in Lambda, where it is there before the function is loaded.
Object.assign(globalThis, { awslambda });

const service = await keyedService();
const { somebody, stateOf, eventsOf } = service;
const handler = (await loadFunction("chat/completions", service.env)) as unknown as (
  event: ReturnType<typeof eventOf>,
  stream: Writable,
  context: ReturnType<typeof lambdaContext>,
) => Promise<void>;

/** Somebody who takes so many pieces, and then does something else. */
function reader(pieces: number, then: (stream: Writable, next: () => void) => void) {
  const taken: string[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    decodeStrings: false,
    write: (piece: string, _encoding, next) => {
      if (taken.length >= pieces) return then(stream, next);
      taken.push(piece);
      next();
    },
  });
  return { stream, taken };
}

const ask = async (
  stream: Writable,
  asked: { key: string; body: object; headers?: Record<string, string> },
  remaining = 40_000,
) => handler(eventOf("/v1/chat/completions", asked), stream, lambdaContext(remaining));

const body = {
  model: "pe-low",
  messages: say("[[pace 20]] [[words 30]] go"),
  stream: true,
};

describe("a reader of a stream", () => {
  it("finds it settled before its last piece", async () => {
    const { id, key } = await somebody();
    const states: unknown[] = [];
    const taken: string[] = [];
    const stream = new Writable({
      decodeStrings: false,
      write: async (piece: string, _encoding, next) => {
        taken.push(piece);
        if (piece.includes("[DONE]")) states.push(await stateOf(id));
        next();
      },
    });
    await ask(stream, { key, body });
    expect(taken.length).toBeGreaterThan(30);
    expect(states).toEqual([{ balance: 99, conversations: 1, holds: 0 }]);
  });

  it.each([
    ["after some words", 5],
    ["at the first word, which was written", 1],
  ])(
    "who stops reading %s is cut 15 s before the function's timeout, and pays for what was begun",
    async (_, pieces) => {
      const { id, key } = await somebody();
      const { stream } = reader(pieces, () => {});
      await ask(stream, { key, body }, 16_000);
      expect(stream.destroyed).toBe(true);
      expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
      expect(await eventsOf(id)).toEqual([
        expect.objectContaining({ outcome: "captured", code: "CLIENT_CLOSED" }),
      ]);
    },
  );

  it.each([
    ["before the first word pays nothing", 0, 100],
    ["after some words pays", 5, 99],
  ])("who goes away %s, and the upstream is stopped", async (_, pieces, balance) => {
    const { id, key } = await somebody();
    const { stream } = reader(pieces, (gone) => gone.destroy());
    await ask(stream, { key, body });
    expect(await stateOf(id)).toMatchObject({ balance, holds: 0 });
    await sleep(50);
    const [asked] = await service.upstreamAsked();
    expect(asked).toMatchObject({ outcome: "broken" });
  });

  it.each<[string, (stream: Writable) => void]>([
    ["goes away", (stream) => stream.destroy()],
    ["stops reading", () => {}],
  ])(
    "who %s but has sent an Idempotency-Key finds the whole answer when asking again",
    async (_, then) => {
      const { id, key } = await somebody();
      const asked = { key, body, headers: { "Idempotency-Key": "come back" } };
      await ask(reader(5, then).stream, asked, 16_500);
      const { stream, taken } = reader(1_000, () => {});
      await ask(stream, asked);
      const words = eventsIn(taken.join(""))
        .map((event) => event.choices?.[0]?.delta.content ?? "")
        .join("");
      expect(words).toContain("word30");
      expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
    },
  );
});
