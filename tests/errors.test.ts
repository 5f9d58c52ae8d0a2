import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Failure, type FailureCode, type FailureRow, failures } from "../lib/errors.ts";
import { openAiError, problem } from "../lib/http/problem.ts";
import { errorsDocument } from "../tools/errors-doc.ts";

const codes = Object.keys(failures) as FailureCode[];
const context = { requestId: "r", errorsUrl: "/docs/errors" };

describe("the table of failures", () => {
  it("is what docs/errors.md says (npm run docs:errors writes it)", () => {
    expect(readFileSync("docs/errors.md", "utf8")).toBe(errorsDocument());
  });

  it.each(codes)("gives %s an answer in both shapes", (code) => {
    const failure = new Failure(code, { retryAfter: 3 });
    const answer = problem(failure, context);
    expect(answer.statusCode).toBe(failures[code].status);
    expect(JSON.parse(answer.body)).toMatchObject({ code, message: failures[code].message });
    expect(answer.headers["Retry-After"]).toBe(failures[code].retry === "later" ? "3" : undefined);
    const openai = openAiError(failure, context);
    // What OpenAI's SDKs know by another status or name.
    const status = code === "VALIDATION_FAILED" ? 400 : failures[code].status;
    expect(openai.statusCode).toBe(status);
    const { openAiCode = code }: FailureRow = failures[code];
    expect(JSON.parse(openai.body)).toMatchObject({ error: { code: openAiCode, param: null } });
  });

  it.each<[FailureCode, number | undefined, string]>([
    ["RATE_LIMIT_EXCEEDED", 3, "true"],
    ["RATE_LIMIT_EXCEEDED", 31, "false"],
    ["CREDITS_EXHAUSTED", 3, "false"],
    ["CONVERSATION_LIMIT_EXCEEDED", 3, "false"],
    ["IDEMPOTENCY_IN_PROGRESS", 1, "false"],
    ["KEY_CAP_EXCEEDED", undefined, "false"],
    ["VALIDATION_FAILED", undefined, "false"],
    ["UPSTREAM_FAILED", undefined, "true"],
  ])("tells SDKs whether to retry %s after %s s: %s", (code, retryAfter, retry) => {
    const { headers } = openAiError(
      new Failure(code, retryAfter === undefined ? {} : { retryAfter }),
      context,
    );
    expect(headers["x-should-retry"]).toBe(retry);
    const wait = retry === "true" && retryAfter !== undefined;
    expect(headers["retry-after-ms"]).toBe(wait ? String(retryAfter * 1_000) : undefined);
  });

  it("never tells the cause", () => {
    const failure = new Failure("INTERNAL_ERROR", { cause: new Error("the secret reason") });
    expect(problem(failure, context).body).not.toContain("secret");
    expect(openAiError(failure, context).body).not.toContain("secret");
  });
});
