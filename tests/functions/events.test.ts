import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, jest } from "@jest/globals";
import { readService } from "../../tools/local/gateway/service.ts";
import { mistakeInAnswer } from "../openapi/reply-schemas.ts";
import { everyOperation } from "../openapi/world.ts";
import { lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";
import type { Sample } from "../support/samples.ts";
import { password, type Somebody } from "../support/world.ts";

jest.setTimeout(60_000);

const { operations, env, somebodyFor } = await everyOperation();
const { functions } = await readService(".");

const files = readdirSync("events", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length).replaceAll("\\", "/"))
  .sort();

const textOf = (file: string): string => readFileSync(`events/${file}.json`, "utf8");

/** The event of an endpoint with what whoever uses it has to put in. */
function filled(file: string, who: Somebody, { path, body }: Sample) {
  const text = textOf(file)
    .replace(/pes_(put-the-session_token-of-a-login-here|0+)/g, who.token)
    .replaceAll("pe_put-the-api_key-of-a-registration-here", who.apiKey)
    .replaceAll("per_put-the-refresh_token-of-a-login-here", who.refreshToken)
    .replaceAll("put-the-token-of-the-mail-here", who.resetToken)
    .replaceAll("65a0000000000000000000ff", path?.id ?? "")
    .replaceAll("nobody@example.com", who.account.email)
    .replaceAll('\\"123456\\"', `\\"${body?.otp_code}\\"`)
    .replaceAll('\\"correct horse battery\\"', `\\"${password}\\"`);
  return JSON.parse(text);
}

describe("events/", () => {
  it("has one event of every endpoint and every schedule, and of nothing else", () => {
    const handlers = Object.values(functions).map(({ handler }) =>
      handler.replace(/^functions\/(.+)\.handler$/, "$1"),
    );
    expect(files).toEqual([...handlers, "root/preflight"].sort());
  });

  it.each(operations.filter(({ aliasOf }) => aliasOf === undefined))(
    "$file, with what has to be put in, succeeds",
    async ({ file, method, path }) => {
      const { who, sample } = await somebodyFor(`${method} ${path}`);
      const event = filled(file, who, sample);
      const answer = await (await loadFunction(file, env))(event, lambdaContext(40_000));
      expect({ status: answer.statusCode, body: answer.body }).toEqual({
        status: sample.status,
        body: answer.body,
      });
      expect(mistakeInAnswer(method, path, answer)).toBeUndefined();
      expect([event.httpMethod, event.resource]).toEqual([method, path]);
    },
  );

  it.each([
    ["root/preflight", 204],
    ["root/unmatched", 404],
  ])("%s is answered %d", async (file, status) => {
    const run = await loadFunction("root/unmatched", env);
    const answer = await run(JSON.parse(textOf(file)), lambdaContext());
    expect(answer.statusCode).toBe(status);
  });

  it.each(files.filter((file) => file.startsWith("jobs/")))("%s runs", async (file) => {
    const run = await loadFunction(file, env);
    expect(await run(JSON.parse(textOf(file)), lambdaContext(600_000))).toEqual(expect.any(Object));
  });
});
