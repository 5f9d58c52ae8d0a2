import { describe, expect, it } from "@jest/globals";
import { keyedService } from "./chat/support.ts";

const service = await keyedService();
const list = await service.asking("models/list", "/v1/models");
const retrieve = await service.asking("models/retrieve", "/v1/models/{id}");

describe("GET /v1/models", () => {
  it("lists each level alone and with each style, and the models behind them, at no cost", async () => {
    const { id, key } = await service.somebody();
    const { status, headers, json } = await list({ key });
    expect(status).toBe(200);
    const names = json.data.map((model: { id: string }) => model.id);
    expect(names).toHaveLength(28);
    expect(names).toEqual(expect.arrayContaining(["pe-low", "pe-ultra+react", "gpt-4o-mini"]));
    expect(headers["X-Credits-Remaining"]).toBe("100");
    expect(await service.stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
    expect(await service.eventsOf(id)).toHaveLength(1);
  });

  it("gives one by its name", async () => {
    const { key } = await service.somebody();
    const { status, json } = await retrieve({ key, path: { id: "pe-low+bpe" } });
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { id: "pe-low+bpe", object: "model" },
    });
    const unknown = await retrieve({ key, path: { id: "gpt-1" } });
    expect(unknown).toMatchObject({ status: 404, json: { error: { code: "model_not_found" } } });
  });

  it("is for keys alone", async () => {
    expect((await list({})).status).toBe(401);
    expect((await retrieve({ path: { id: "pe-low" } })).status).toBe(401);
  });
});
