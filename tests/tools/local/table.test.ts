import { describe, expect, it } from "@jest/globals";
import type { Stack } from "../../../tools/local/stack.ts";
import { describeStack } from "../../../tools/local/table.ts";

const standIn = "http://127.0.0.1:3";

const stack = (modelsUrl: string): Stack => ({
  apiUrl: "http://127.0.0.1:1",
  mailboxUrl: "http://127.0.0.1:2",
  upstreamUrl: standIn,
  modelsUrl,
  mongodbUri: "mongodb://127.0.0.1:4/",
  database: "embedded",
  logPath: "functions.log",
  upstreamKey: "sk-local",
  demoUser: { email: "demo@example.com", password: "demo", apiKey: "pe_demo" },
  reloads: true,
  broken: Promise.withResolvers<never>().promise,
});

describe("the table that npm start prints", () => {
  it("names the stand-in for the models, and where it tells what it was asked", () => {
    const text = describeStack(stack(`${standIn}/v1`));
    expect(text).toContain(
      `Upstream  ${standIn}/v1  (a stand-in; what it was asked: ${standIn}/requests)`,
    );
    expect(text).toContain("[[pace");
  });

  it("names the upstream that is asked in its place, and not the stand-in", () => {
    const text = describeStack(stack("https://models.example/v1"));
    expect(text).toContain("Upstream  https://models.example/v1\n");
    expect(text).not.toContain(standIn);
    // That is a word to the stand-in.
    expect(text).not.toContain("[[pace");
  });
});
