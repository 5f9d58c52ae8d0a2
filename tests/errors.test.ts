import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { Failure, type FailureCode, failures } from "../lib/errors.ts";
import { openAiError, problem } from "../lib/http/problem.ts";
import { errorsDocument } from "../tools/errors-doc.ts";

const codes = Object.keys(failures) as FailureCode[];
const context = { requestId: "r", errorsUrl: "docs/errors.md" };

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
    expect(openai.statusCode).toBe(failures[code].status === 422 ? 400 : failures[code].status);
    expect(JSON.parse(openai.body)).toMatchObject({ error: { code, param: null } });
  });

  it("never tells the cause", () => {
    const failure = new Failure("INTERNAL_ERROR", { cause: new Error("the secret reason") });
    expect(problem(failure, context).body).not.toContain("secret");
    expect(openAiError(failure, context).body).not.toContain("secret");
  });
});
