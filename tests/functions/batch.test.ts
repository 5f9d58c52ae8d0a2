import { describe, expect, it } from "@jest/globals";
import { timeForTasks } from "../../lib/batch/rules.ts";
import { keyedService } from "./chat/support.ts";

const service = await keyedService();
const { somebody, stateOf, eventsOf } = service;
const ask = await service.asking("batch/process", "/v1/batch/process");

const tasks = (...prompts: string[]) => prompts.map((prompt) => ({ prompt }));

describe("POST /v1/batch/process", () => {
  it.each([
    ["parallel", true],
    ["one after the other", false],
  ])("answers each task and takes the price of each: %s", async (_, parallel) => {
    const { id, key } = await somebody();
    const batch = tasks("one", "two", "three");
    const { status, headers, json } = await ask({ key, body: { batch, level: "low", parallel } });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      batch_id: expect.stringMatching(/^batch_./),
      total_tasks: 3,
      successful_tasks: 3,
      failed_tasks: 0,
      unfinished_tasks: 0,
      created_at: expect.stringMatching(/Z$/),
    });
    const texts = json.results.map(
      (result: { response: { choices: { message: { content: string } }[] } }) =>
        result.response.choices[0]?.message.content,
    );
    expect(texts).toEqual(["You said: one", "You said: two", "You said: three"]);
    const used = json.results.map((result: { tokens_used: number }) => result.tokens_used);
    expect(json.total_tokens_used).toBe(used[0] + used[1] + used[2]);
    expect(headers["X-Credits-Remaining"]).toBe("97");
    expect(await stateOf(id)).toEqual({ balance: 97, conversations: 3, holds: 0 });
    expect(await eventsOf(id)).toEqual([
      expect.objectContaining({
        outcome: "captured",
        tasks: {
          total: 3,
          succeeded: 3,
          failed: 0,
          unfinished: 0,
          models: ["gpt-4o-mini"],
          rTypes: ["bpe"],
        },
      }),
    ]);
    const logs = await service.db.collection("messageLogs").find({ account: id }).toArray();
    expect(logs).toHaveLength(3);
  });

  it("gives back what failed, and reports the rest", async () => {
    const { id, key } = await somebody();
    const batch = tasks("one", "[[status 400]]", "three");
    const { status, headers, json } = await ask({ key, body: { batch, level: "low" } });
    expect(status).toBe(200);
    expect(json).toMatchObject({ successful_tasks: 2, failed_tasks: 1, unfinished_tasks: 0 });
    expect(json.results[1]).toMatchObject({
      task_index: 1,
      success: false,
      response: null,
      error: "The model does not accept this request. Status 400 as asked for.",
      error_code: "UPSTREAM_REJECTED",
      tokens_used: 0,
    });
    expect(headers["X-Credits-Remaining"]).toBe("98");
    const logs = await service.db.collection("messageLogs").find({ account: id }).toArray();
    const event = (await eventsOf(id))[0];
    expect(logs.map(({ _id }) => String(_id)).sort()).toEqual([
      `${event?._id}:0`,
      `${event?._id}:2`,
    ]);
    expect(await stateOf(id)).toEqual({ balance: 98, conversations: 2, holds: 0 });
  });

  it("reports tasks that are not finished at 80 % of the time, and does not charge them", async () => {
    const { id, key } = await somebody();
    const batch = tasks("one", "[[hang]]", "three");
    const body = { batch, level: "low", parallel: false };
    const { json } = await ask({ key, body, remaining: 17_000 });
    expect(json).toMatchObject({ successful_tasks: 1, failed_tasks: 2, unfinished_tasks: 2 });
    expect(json.results[2]).toMatchObject({ success: false, error_code: "UNFINISHED" });
    expect(await stateOf(id)).toEqual({ balance: 99, conversations: 1, holds: 0 });
  });

  it.each([
    ["80 % of the function's time", 300_000, 240_000],
    ["less where all would be cut before", 17_000, 1_500],
    ["none where there is none", 1_000, 0],
  ])("gives its tasks %s", (_, functionMs, time) => {
    const remainingMs = functionMs - 15_000;
    expect(timeForTasks({ functionMs, remainingMs })).toBe(time);
  });

  it("charges nothing if every task failed", async () => {
    const { id, key } = await somebody();
    const body = { batch: tasks("[[status 400]]"), level: "low" };
    expect((await ask({ key, body })).json).toMatchObject({ successful_tasks: 0 });
    expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
    expect(await eventsOf(id)).toEqual([expect.objectContaining({ outcome: "failed" })]);
  });

  it("is refused as a whole, with what it would need, if not all can be paid", async () => {
    const { id, key } = await somebody({ balance: 2 });
    await service.forgetUpstream();
    const answer = await ask({ key, body: { batch: tasks("1", "2", "3"), level: "low" } });
    expect(answer).toMatchObject({
      status: 429,
      json: { error: { code: "CREDITS_EXHAUSTED", required: { credits: 3 } } },
    });
    expect(await service.upstreamAsked()).toEqual([]);
    expect(await stateOf(id)).toEqual({ balance: 2, conversations: 0, holds: 0 });
  });

  it("is refused for a style of one task that the account may not use", async () => {
    const { id, key } = await somebody({ rTypes: ["bpe"] });
    const batch = [{ prompt: "one" }, { prompt: "two", r_type: "tot" }];
    const answer = await ask({ key, body: { batch, level: "low" } });
    expect(answer).toMatchObject({ status: 403, json: { error: { code: "RTYPE_NOT_ALLOWED" } } });
    expect(await stateOf(id)).toEqual({ balance: 100, conversations: 0, holds: 0 });
  });

  it("replays by Idempotency-Key", async () => {
    const { id, key } = await somebody();
    const request = {
      key,
      body: { batch: tasks("one", "two"), level: "low" },
      headers: { "Idempotency-Key": "batch 1" },
    };
    const first = await ask(request);
    const second = await ask(request);
    expect(second.headers["Idempotency-Replayed"]).toBe("true");
    expect(second.text).toBe(first.text);
    expect(await stateOf(id)).toEqual({ balance: 98, conversations: 2, holds: 0 });
  });

  it.each<[string, unknown, string]>([
    ["no tasks", { batch: [], level: "low" }, "batch"],
    ["51 tasks", { batch: Array(51).fill({ prompt: "x" }), level: "low" }, "batch"],
    ["no level", { batch: tasks("x") }, "level"],
    ["an empty prompt", { batch: tasks(""), level: "low" }, "batch[0].prompt"],
    ["a field unknown", { batch: [{ prompt: "x", y: 1 }], level: "low" }, "batch[0].y"],
  ])("%s: 400 that names it", async (_, body, param) => {
    const { key } = await somebody();
    expect(await ask({ key, body })).toMatchObject({
      status: 400,
      json: { error: { code: "VALIDATION_FAILED", param } },
    });
  });
});
