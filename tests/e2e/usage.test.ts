import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { type Db, MongoClient, Timestamp } from "mongodb";
import type { UsageEvent } from "../../lib/usage/event.ts";
import { useStack } from "./use-stack.ts";

jest.setTimeout(120_000);

const { data, stack, ask } = useStack();
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  client = await new MongoClient(stack().mongodbUri).connect();
  db = client.db("promptenchanter");
});
afterAll(() => client?.close());

async function signIn(path: string, body: object): Promise<string> {
  const answer = await ask("POST", path, { body });
  expect(answer.status).toBe(200);
  return answer.body.session.session_token;
}

const question = { model: "pe-low", messages: [{ role: "user", content: "Hello" }] };

/** A bit of everything: reads and changes, answers and refusals, whole and in pieces. */
async function mixedTraffic(key: string, token: string): Promise<number[]> {
  const answers = [
    await ask("POST", "/chat/completions", { token: key, body: question }),
    await ask("POST", "/chat/completions", { token: key, body: { ...question, stream: true } }),
    await ask("POST", "/chat/completions", { token: key, body: { ...question, model: "gpt-1" } }),
    await ask("POST", "/chat/completions", { token: key, body: { messages: 1 } }),
    await ask("POST", "/batch/process", {
      token: key,
      body: { batch: [{ prompt: "one" }, { prompt: "two" }], level: "low" },
    }),
    await ask("GET", "/models", { token: key }),
    await ask("GET", "/users/profile", { token }),
    await ask("PUT", "/users/profile", { token, body: { about_me: "measured" } }),
    await ask("PUT", "/users/profile", { token, body: { unknown: true } }),
    await ask("DELETE", "/users/keys/000000000000000000000000", { token }),
    // Of nobody: they leave no event.
    await ask("GET", "/users/profile", { token: "pes_none" }),
    await ask("GET", "/monitoring/health"),
  ];
  return answers.map(({ status }) => status);
}

const statuses = [200, 200, 404, 400, 200, 200, 200, 200, 422, 404, 401, 200];

/** The figures of events, counted in the plainest way. */
function counted(events: UsageEvent[]) {
  const sum = (of: (event: UsageEvent) => number): number =>
    events.reduce((total, event) => total + of(event), 0);
  return {
    requests: events.length,
    failed: events.filter(({ code }) => code !== undefined).length,
    tokens: {
      input: sum(({ tokens }) => tokens?.input ?? 0),
      output: sum(({ tokens }) => tokens?.output ?? 0),
    },
    credits: {
      allowance: sum(({ credits }) => credits.allowance),
      balance: sum(({ credits }) => credits.balance),
    },
    conversations: sum(({ conversations }) => conversations),
  };
}

/** All events but those of some requests, which had not ended when they were answered. */
const eventsBut = (...ids: string[]) =>
  db
    .collection<UsageEvent>("usageEvents")
    .find({ _id: { $nin: ids } })
    .toArray();

/** As if everything had been recorded two minutes ago. */
async function twoMinutesPass(): Promise<void> {
  const events = db.collection<UsageEvent>("usageEvents");
  for (const { _id, recorded } of await events.find().toArray()) {
    const t = recorded.getHighBitsUnsigned() - 120;
    await events.updateOne({ _id }, { $set: { recorded: new Timestamp({ t, i: 1 }) } });
  }
}

async function runJob(name: string): Promise<string> {
  const secret = readFileSync(join(data, "token-secret"), "utf8").trim();
  const env = {
    ...process.env,
    MONGODB_URI: stack().mongodbUri,
    MONGODB_DATABASE: "promptenchanter",
    TOKEN_SECRET: secret,
    POWERTOOLS_METRICS_DISABLED: "true",
    LOG_LEVEL: "SILENT",
  };
  const { stdout } = await promisify(execFile)(process.execPath, ["tools/job.ts", name], { env });
  return stdout;
}

describe("after mixed traffic through npm start", () => {
  it("own usage, the admin's metrics and a count of the events agree exactly, with rows and without", async () => {
    const { demoUser, admin } = stack();
    if (!demoUser || !admin) throw new Error("the stack has seeded nobody");
    const token = await signIn("/users/login", {
      email: demoUser.email,
      password: demoUser.password,
    });
    const adminToken = await signIn("/admin-panel/login", {
      username: admin.username,
      password: admin.password,
    });
    await db
      .collection("accounts")
      .updateOne({ email: demoUser.email }, { $set: { plan: "enterprise", balance: 1_000 } });

    const agree = async () => {
      const own = await ask("GET", "/monitoring/usage?bucket=hour", { token });
      const events = await eventsBut(own.id);
      const account = own.body.user_id;
      const mine = events.filter((event) => event.account?.toHexString() === account);
      expect(own.body.summary).toMatchObject(counted(mine));
      const days = await ask("GET", "/monitoring/usage", { token });
      const later = await eventsBut(days.id);
      const mineThen = later.filter((event) => event.account?.toHexString() === account);
      expect(days.body.summary).toMatchObject(counted(mineThen));
      const metrics = await ask("GET", "/monitoring/metrics", { token: adminToken });
      const all = await eventsBut(metrics.id);
      expect(metrics.body.usage).toMatchObject(counted(all));
      expect(metrics.body.api_metrics.api_calls_24h).toBe(all.length);
      return mine.length;
    };

    expect(await mixedTraffic(demoUser.apiKey, token)).toEqual(statuses);
    const first = await agree();
    // Login, and ten requests of somebody known.
    expect(first).toBeGreaterThanOrEqual(11);

    await twoMinutesPass();
    expect(await runJob("aggregate-usage")).toMatch(/events: [1-9]/);
    expect(await runJob("roll-up-days")).toMatch(/days: 1/);
    expect(await agree()).toBe(first + 2);

    expect(await mixedTraffic(demoUser.apiKey, token)).toEqual(statuses);
    await agree();
    const table = await fetch(`${stack().apiUrl}/v1/monitoring/usage`, {
      headers: { Authorization: `Bearer ${token}`, Accept: "text/csv" },
    });
    expect(table.headers.get("content-type")).toContain("text/csv");
    expect((await table.text()).split("\r\n")[0]).toMatch(/^time,group,requests/);
  });

  it("each request has one line in the log, with the ids of whoever asked", async () => {
    const lines = readFileSync(join(data, "logs", "functions.log"), "utf8")
      .split("\n")
      .filter((line) => line.includes('"message":"request"'))
      .map((line) => JSON.parse(line));
    const ids = lines.map(({ request_id }) => request_id);
    expect(new Set(ids).size).toBe(ids.length);
    const events = await eventsBut();
    for (const { _id, account, staff, key } of events) {
      expect(lines.find(({ request_id }) => request_id === _id)).toMatchObject({
        ...(account && { account: account.toHexString() }),
        ...(staff && { staff: staff.toHexString() }),
        ...(key && { key: key.toHexString() }),
      });
    }
  });

  it("a job of another name is refused with the names there are", async () => {
    await expect(runJob("nothing")).rejects.toThrow(/aggregate-usage, .*roll-up-days/s);
  });
});
