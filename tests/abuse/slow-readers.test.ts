import { Writable } from "node:stream";
import { expect, it } from "@jest/globals";
import { awslambda } from "../../tools/local/gateway/response-stream.ts";
import { eventOf, keyedService, say } from "../functions/chat/support.ts";
import { lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";

// As in Lambda, where it is there before the function is loaded.
Object.assign(globalThis, { awslambda });

const service = await keyedService();
const handler = (await loadFunction("chat/completions", service.env)) as unknown as (
  event: ReturnType<typeof eventOf>,
  stream: Writable,
  context: ReturnType<typeof lambdaContext>,
) => Promise<void>;

const ask = (key: string, stream: Writable, remaining: number) => {
  const body = { model: "pe-low", messages: say("[[words 2000]] go"), stream: true };
  return handler(eventOf("/v1/chat/completions", { key, body }), stream, lambdaContext(remaining));
};

/** Takes some pieces and then no more. */
function stuck(): Writable {
  let taken = 0;
  return new Writable({
    highWaterMark: 1,
    write: (_piece, _encoding, next) => {
      taken += 1;
      if (taken < 5) next();
    },
  });
}

it("ten readers who stop reading hold up nobody, are cut in time, and pay once each", async () => {
  const { id: slowId, key: slow } = await service.somebody();
  const { key: quick } = await service.somebody();
  const streams = Array.from({ length: 10 }, stuck);
  const start = performance.now();
  const stuckOnes = Promise.all(streams.map((stream) => ask(slow, stream, 23_000)));

  let taken = "";
  const reader = new Writable({
    write: (piece, _encoding, next) => {
      taken += piece;
      next();
    },
  });
  await ask(quick, reader, 100_000);
  expect(taken).toContain("[DONE]");

  await stuckOnes;
  // 8 s are left to them, and some for ten settlements.
  expect(performance.now() - start).toBeLessThan(25_000);
  expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
  expect(await service.stateOf(slowId)).toMatchObject({ balance: 90, holds: 0 });
}, 60_000);
