import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Front, openFront } from "../../../tools/local/front.ts";
import { type Functions, runFunctions } from "../../../tools/local/functions.ts";

const serviceFile = `
service: fixture
provider: { name: aws, runtime: nodejs24.x, region: eu-central-1, environment: { GREETING: "\${env:GREETING}" } }
functions:
  hello: { handler: functions/hello.handler, events: [{ http: ANY /hello }] }
  slow: { handler: functions/hello.slow, events: [{ http: GET /slow }] }
  crash: { handler: functions/hello.crash, events: [{ http: GET /crash }] }
  tick:
    handler: functions/hello.tick
    events: [{ schedule: "cron(* * * * * * *)" }]
`;

const functionFile = (answer: string) => `
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
export const handler = async (event: { headers: object }) => ({
  statusCode: 200,
  body: JSON.stringify({ answer: "${answer}", env: process.env.GREETING, headers: event.headers }),
});
export const slow = async () => (await sleep(500), { statusCode: 200, body: "slow ${answer}" });
export const crash = () => setImmediate(() => { throw new Error("crashed"); });
export const tick = async () => console.log("ticked");
`;

const directory = mkdtempSync(join(tmpdir(), "functions-"));
const write = (path: string, text: string) => writeFileSync(join(directory, path), text);

let front: Front;
let functions: Functions;
const lines: string[] = [];
const ends: string[] = [];
const ask = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${front.port}${path}`, init);
const hello = async (init?: RequestInit) =>
  (await (await ask("/hello", init)).json()) as {
    answer: string;
    env: string;
    headers: Record<string, string>;
  };

/** fetch would take a connection that the functions before the reload still hold. */
const helloOnNewConnection = async (): Promise<unknown> => {
  const [response] = (await once(
    get({ port: front.port, path: "/hello", agent: false }),
    "response",
  )) as [IncomingMessage];
  return json(response);
};

beforeAll(async () => {
  mkdirSync(join(directory, "functions"));
  write("package.json", '{ "type": "module" }');
  write("serverless.yml", serviceFile);
  write("functions/hello.ts", functionFile("one"));
  front = await openFront(0);
  functions = runFunctions(front, {
    directory,
    env: { ...process.env, GREETING: "welcome" },
    onLine: (line) => lines.push(line),
    onEnd: (reason) => ends.push(reason),
  });
});
afterAll(async () => {
  await functions.stop();
  await front.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe("functions behind the front", () => {
  it("answer a request that was made before they were ready", async () => {
    const early = hello();
    await functions.start();
    expect(await early).toMatchObject({ answer: "one", env: "welcome" });
  });

  it("see the client's headers, and API Gateway's answer has no others", async () => {
    const init = { headers: { Origin: "http://a.example" } };
    expect((await hello(init)).headers).toMatchObject({ "X-Forwarded-For": "127.0.0.1" });
    const { headers } = await ask("/hello", init);
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("content-encoding")).toBeNull();
  });

  it.each([
    ["a type that can't be read", "POST", { "Content-Type": ";;;" }],
    ["a form without its boundary", "POST", { "Content-Type": "multipart/form-data" }],
    ["a part of the answer", "GET", { Range: "bytes=1000-" }],
  ])("are asked whatever the headers say: %s", async (_, method, headers) => {
    const response = await ask("/hello", { method, headers });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ headers: expect.objectContaining(headers) });
  });

  it("run by their schedule", async () => {
    for (let tries = 0; tries < 50 && !lines.includes("ticked"); tries++) await sleep(100);
    expect(lines).toContain("ticked");
  });

  it("reload from the files as they are now; what was under way ends, what is asked meanwhile waits", async () => {
    const underWay = ask("/slow");
    await sleep(100);
    write("functions/hello.ts", functionFile("two"));
    const reloaded = functions.reload();
    const meanwhile = helloOnNewConnection();
    await reloaded;
    expect(await (await underWay).text()).toBe("slow one");
    expect(await meanwhile).toMatchObject({ answer: "two" });
    expect(ends).toEqual([]);
  });

  it("answer what comes over a kept connection as they reload, and say that it was its last", async () => {
    const kept = connect(front.port, "127.0.0.1").setEncoding("utf8");
    const request = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
    kept.write(request);
    const [first] = await once(kept, "data");
    const reloaded = functions.reload();
    await sleep(20);
    kept.write(request);
    const last = await text(kept);
    await reloaded;
    expect(first).toMatch(/^HTTP\/1.1 200 .*\r\nConnection: keep-alive\r\n/s);
    expect(last).toMatch(/^HTTP\/1.1 200 .*\r\nConnection: close\r\n/s);
  });

  it("refuse connections after a reload that fails, until one succeeds", async () => {
    write("serverless.yml", "service: [");
    await expect(functions.reload()).rejects.toThrow("serverless.yml");
    await expect(hello()).rejects.toThrow();
    write("serverless.yml", serviceFile);
    await functions.reload();
    expect(await hello()).toMatchObject({ answer: "two" });
  });

  it("say so when they end by themselves", async () => {
    await ask("/crash").catch(() => "its connection went with the process");
    for (let tries = 0; tries < 50 && ends.length === 0; tries++) await sleep(100);
    expect(ends).toEqual([expect.stringContaining("ended with")]);
    expect(lines.join("\n")).toContain("crashed");
  });
});
