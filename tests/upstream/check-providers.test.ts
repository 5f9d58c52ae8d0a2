import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "@jest/globals";
import { providerCheck } from "../../lib/upstream/check-providers.ts";
import type { Provider } from "../../lib/upstream/provider.ts";

/** `/429/v1` answers 429, and so on. */
const server = createServer((request, response) => {
  const status = Number(/^\/(\d+)\//.exec(request.url ?? "")?.[1]);
  response.writeHead(status, { "Content-Type": "application/json" }).end("{}");
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
const { port } = server.address() as AddressInfo;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const provider = (name: string, changes: Partial<Provider> = {}): Provider => ({
  name,
  url: `http://127.0.0.1:${port}/${name}/v1`,
  key: async () => undefined,
  models: {},
  timeoutMs: 1_000,
  ...changes,
});
const model = async () => "gpt-4o-mini";
const check = (...list: Provider[]) => providerCheck({ providers: async () => list, model })();

describe("the check of providers", () => {
  it.each([
    ["200", "answers"],
    // The question was understood; it is its form that some models refuse.
    ["400", "answers"],
    ["401", "failed"],
    ["403", "failed"],
    ["404", "failed"],
    ["429", "busy"],
    ["500", "failed"],
    ["503", "failed"],
  ])("%s: %s", async (name, state) => {
    expect(await check(provider(name))).toEqual([{ name, state, ms: expect.any(Number) }]);
  });

  it("is failed for one that is not there, or whose key can't be read", async () => {
    const keyless = async () => {
      throw new Error("no such parameter");
    };
    const states = await check(
      provider("nobody", { url: "http://127.0.0.1:1/v1" }),
      provider("200", { key: keyless }),
      provider("200"),
    );
    expect(states.map(({ state }) => state)).toEqual(["failed", "failed", "answers"]);
  });

  it("is of nobody where none is set up", async () => expect(await check()).toEqual([]));
});
