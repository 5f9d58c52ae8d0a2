import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, jest } from "@jest/globals";
import { readService } from "../../tools/local/gateway/service.ts";
import { mistakeInAnswer } from "../openapi/reply-schemas.ts";
import { everyOperation } from "../openapi/world.ts";
import { lambdaContext } from "../support/api-event.ts";
import { loadFunction } from "../support/functions.ts";
import type { Sample } from "../support/samples.ts";
import type { Who } from "../support/service.ts";
import { password } from "../support/world.ts";

jest.setTimeout(60_000);

const { operations, env, somebodyFor } = await everyOperation();
const { functions } = await readService(".");

const files = readdirSync("events", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -".json".length).replaceAll("\\", "/"))
  .sort();

const textOf = (file: string): string => readFileSync(`events/${file}.json`, "utf8");

/** A password of the events, where one is proved; not where a new one is chosen. */
const provedPassword = /(\\"(?:current_)?password\\": ?)\\"correct horse battery(?: staple)?\\"/g;

/** The event of an endpoint with what whoever uses it has to put in. */
function filled(file: string, who: Who, { path, body }: Sample) {
  const { username, email } = who.account;
  const text = textOf(file)
    .replace(/(pes|pas)_(put-the-session_token-of-a-login-here|0{9,})/g, who.token)
    .replace(/(per|par)_put-the-refresh_token-of-a-login-here/g, who.refreshToken)
    .replaceAll("pe_put-the-api_key-of-a-registration-here", who.apiKey)
    .replaceAll("put-the-token-of-the-mail-here", String(body?.token))
    .replaceAll("65a0000000000000000000ff", path?.id ?? "")
    .replaceAll("65a0000000000000000000aa", path?.session ?? "")
    .replaceAll("nobody@example.com", email)
    .replaceAll('\\"nobody\\"', `\\"${username}\\"`)
    .replaceAll("grace", `grace-${who.id.toHexString()}`)
    .replaceAll('\\"123456\\"', `\\"${body?.otp_code ?? body?.totp_code}\\"`)
    .replaceAll(provedPassword, `$1\\"${password}\\"`);
  return JSON.parse(text);
}

/** Where a function has more than one address, its event is of one of them. */
const ofEvents = operations.filter(({ file, method, path }) => {
  const { httpMethod, resource } = JSON.parse(textOf(file));
  return httpMethod === method && resource === path;
});

describe("events/", () => {
  it("has one event of every endpoint and every schedule, and of nothing else", () => {
    const handlers = Object.values(functions).map(({ handler }) =>
      handler.replace(/^functions\/(.+)\.handler$/, "$1"),
    );
    expect(files).toEqual([...handlers, "root/preflight"].sort());
    expect(new Set(ofEvents.map(({ file }) => file))).toEqual(
      new Set(operations.map(({ file }) => file)),
    );
  });

  it.each(ofEvents)(
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
