import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { MongoClient } from "mongodb";
import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from "openai";
import { type LocalStack, startLocalStack } from "./local-stack.ts";

jest.setTimeout(120_000);

const data = mkdtempSync(join(tmpdir(), "sdk-"));
let stack: LocalStack;
let database: MongoClient;
let openai: OpenAI;

const accounts = () => database.db("promptenchanter").collection("accounts");

const give = (fields: object) =>
  accounts().updateOne({ email: stack.demoUser?.email }, { $set: fields });

beforeAll(async () => {
  stack = await startLocalStack(data);
  database = await new MongoClient(stack.mongodbUri).connect();
  openai = new OpenAI({
    baseURL: `${stack.apiUrl}/v1`,
    apiKey: stack.demoUser?.apiKey ?? "",
  });
  await give({
    plan: "enterprise",
    balance: 1_000,
    "allowance.perDay": 0,
    "conversations.perDay": 1_000,
  });
});
afterAll(async () => {
  await database?.close();
  stack?.process.kill("SIGTERM");
  rmSync(data, { recursive: true, force: true });
});

const ask = (content: string) => ({
  model: "pe-low",
  messages: [{ role: "user" as const, content }],
});

/** Waits until nothing is held, at most 5 s. */
async function settled() {
  for (let tries = 0; tries < 100; tries++) {
    const found = await accounts().findOne({ email: stack.demoUser?.email });
    if (found?.holds.length === 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("a hold stays");
}

describe("the OpenAI SDK, unmodified, through npm start", () => {
  it("lists models, and finds one by its name", async () => {
    const names: string[] = [];
    for await (const { id } of openai.models.list()) names.push(id);
    expect(names).toEqual(expect.arrayContaining(["pe-low", "pe-ultra+tot"]));
    expect((await openai.models.retrieve("pe-low+bpe")).id).toBe("pe-low+bpe");
  });

  it("completes", async () => {
    const completion = await openai.chat.completions.create(ask("Hello there"));
    expect(completion.choices[0]?.message.content).toBe("You said: Hello there");
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  it("streams piece by piece, as the pieces come", async () => {
    const stream = await openai.chat.completions.create({
      ...ask("[[pace 100]] one two three four five"),
      stream: true,
      stream_options: { include_usage: true },
    });
    const times: number[] = [];
    let text = "";
    let tokens = 0;
    for await (const chunk of stream) {
      times.push(performance.now());
      text += chunk.choices[0]?.delta.content ?? "";
      tokens = chunk.usage?.total_tokens ?? tokens;
    }
    expect(text).toBe("You said: one two three four five");
    expect(tokens).toBeGreaterThan(0);
    // Eight pieces, 100 ms apart at the source: together they would all come at once.
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
  });

  it("stops the upstream when its user leaves a stream, and pays for what was begun", async () => {
    const before = await settled();
    const stream = await openai.chat.completions.create({
      ...ask("[[pace 50]] [[words 400]] leave"),
      stream: true,
    });
    let seen = 0;
    for await (const _ of stream) {
      seen += 1;
      if (seen === 5) break;
    }
    const after = await settled();
    expect(after.balance).toBe(before.balance - 1);
    const response = await fetch(`${stack.upstreamUrl}/requests`);
    const { requests } = (await response.json()) as { requests: { outcome: string }[] };
    expect(requests[0]?.outcome).toBe("broken");
  });

  it("gets typed errors", async () => {
    const stranger = new OpenAI({ baseURL: `${stack.apiUrl}/v1`, apiKey: "sk-nobody" });
    await expect(stranger.models.list()).rejects.toThrow(AuthenticationError);
    await expect(
      openai.chat.completions.create({ ...ask("Hello"), model: "gpt-1" }),
    ).rejects.toThrow(NotFoundError);
  });

  it("without credits fails after one request, within a second", async () => {
    await settled();
    await give({ balance: 0 });
    const startedAt = performance.now();
    const failure = await openai.chat.completions.create(ask("Hello")).catch((error) => error);
    const elapsed = performance.now() - startedAt;
    await give({ balance: 1_000 });
    expect(failure).toBeInstanceOf(RateLimitError);
    expect(failure).toMatchObject({ status: 429, code: "CREDITS_EXHAUSTED" });
    expect(elapsed).toBeLessThan(1_000);
    const refused = await database
      .db("promptenchanter")
      .collection("usageEvents")
      .countDocuments({ code: "CREDITS_EXHAUSTED" });
    expect(refused).toBe(1);
  });
});

it("POST /v1/batch/process answers whole through npm start", async () => {
  const response = await fetch(`${stack.apiUrl}/v1/batch/process`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${stack.demoUser?.apiKey}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ batch: [{ prompt: "one" }, { prompt: "two" }], level: "low" }),
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ total_tasks: 2, successful_tasks: 2 });
});
