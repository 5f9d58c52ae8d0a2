import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { silence, withSilences } from "../../lib/http/heartbeat.ts";

it("puts a sign into long silences, and passes each event and the failure at the end", async () => {
  async function* events(): AsyncGenerator<string, void> {
    yield "one";
    await sleep(300);
    yield "two";
    throw new Error("broken");
  }
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const event of withSilences(events(), 50)) seen.push(event);
  })();
  await expect(reading).rejects.toThrow("broken");
  expect(seen.filter((event) => event !== silence)).toEqual(["one", "two"]);
  expect(seen.slice(1, 3)).toEqual([silence, silence]);
});
