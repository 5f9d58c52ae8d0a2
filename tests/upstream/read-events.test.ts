import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { readEvents } from "../../lib/upstream/read-events.ts";

const watch = { listen: () => {}, pause: () => {} };
const hide = (text: string) => text;

async function read(bytes: Uint8Array[]): Promise<unknown[]> {
  const events: unknown[] = [];
  const response = new Response(ReadableStream.from(bytes) as ReadableStream<Uint8Array>);
  for await (const event of readEvents(response, { watch, hide, parse: (json) => json })) {
    events.push(event);
  }
  return events;
}

const stream = (events: unknown[], end = "data: [DONE]\n\n"): Buffer =>
  Buffer.from(
    `${events.map((event) => `: a comment\n\ndata: ${JSON.stringify(event)}\n\n`).join("")}${end}`,
  );

it("reads the same events wherever the bytes are cut, also within a character", async () => {
  const texts = fc.array(fc.record({ text: fc.string({ unit: "binary" }) }));
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(), { maxLength: 5 }), async (events, cuts) => {
      const bytes = stream(events);
      const at = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
      const parts = [0, ...at].map((start, index) =>
        bytes.subarray(start, at[index] ?? bytes.length),
      );
      // What JSON.stringify makes of half a character comes back as it was written.
      expect(await read(parts)).toEqual(JSON.parse(JSON.stringify(events)));
    }),
  );
});

it.each([
  ["without [DONE]", stream([{ a: 1 }], "")],
  ["with an error in it", stream([{ error: { message: "overloaded" } }])],
])("fails as the provider's when a stream ends %s", async (_, bytes) => {
  await expect(read([bytes])).rejects.toMatchObject({ failure: { code: "UPSTREAM_FAILED" } });
});

it("does not wait for the end of an event that has none", async () => {
  const part = Buffer.from("x".repeat(64 * 1024));
  await expect(read([Buffer.from("data: "), ...Array(100).fill(part)])).rejects.toThrow(/buffer/i);
});
