import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { MongoClient } from "mongodb";
import {
  allGone,
  familyOf,
  type LocalStack,
  refusedStart,
  startLocalStack,
} from "./local-stack.ts";

jest.setTimeout(120_000);

const data = mkdtempSync(join(tmpdir(), "stack-"));
const stackFile = join(data, "stack.json");

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack(data);
});
afterAll(() => {
  stack?.process.kill("SIGKILL");
  rmSync(data, { recursive: true, force: true });
});

const pidOf = ({ process: { pid } }: LocalStack): number => {
  if (pid === undefined) throw new Error("the stack has no process");
  return pid;
};

const ask = (path: string, init?: RequestInit) => fetch(`${stack.apiUrl}${path}`, init);

describe("npm start", () => {
  it("answers health through the gateway, the database included", async () => {
    const response = await ask("/v1/monitoring/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "healthy",
      components: {
        database: { status: "healthy" },
        mail: { status: "configured" },
        upstream: { status: "configured" },
      },
    });
  });

  it("writes addresses that answer to stack.json, and prints them", async () => {
    const file = JSON.parse(readFileSync(stackFile, "utf8")) as Record<string, string>;
    expect(Object.keys(file)).toEqual([
      "apiUrl",
      "mailboxUrl",
      "upstreamUrl",
      "mongodbUri",
      "database",
      "demoUser",
      "admin",
    ]);
    expect((await fetch(`${stack.mailboxUrl}/store`)).status).toBe(200);
    expect((await fetch(`${stack.upstreamUrl}/requests`)).status).toBe(200);
    expect(["embedded", "mongod"]).toContain(stack.database);
    for (const url of [stack.apiUrl, stack.mailboxUrl, stack.upstreamUrl, stack.mongodbUri]) {
      expect(stack.output()).toContain(url);
    }
  });

  it("names a super admin, who can sign in by the line that is printed, and is the same after a restart", async () => {
    const { admin } = JSON.parse(readFileSync(stackFile, "utf8"));
    expect(stack.output()).toContain(
      `curl ${stack.apiUrl}/v1/admin-panel/login -H 'Content-Type: application/json' -d '${JSON.stringify(admin)}'`,
    );
    const login = await ask("/v1/admin-panel/login", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(admin),
    });
    expect(await login.json()).toMatchObject({
      admin: { username: "admin", is_super_admin: true },
      session: { session_token: expect.stringMatching(/^pas_/) },
    });
  });

  it("listens on this machine alone", () => {
    for (const url of [stack.apiUrl, stack.mailboxUrl, stack.upstreamUrl, stack.mongodbUri]) {
      expect(url).toContain("//127.0.0.1:");
    }
  });

  it("answers what API Gateway would answer itself", async () => {
    const wrongMethod = await ask("/health", { method: "DELETE" });
    expect(wrongMethod.status).toBe(405);
    expect(wrongMethod.headers.get("allow")).toContain("GET");
    const unknown = await ask("/nobody/has/this");
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get("content-type")).toContain("application/problem+json");
  });

  it("shows one line a request, and keeps the full line in the log file", async () => {
    await ask("/health?once");
    expect(stack.output()).toMatch(/\d\d:\d\d:\d\d GET \/health 200 [\d.]+ ms\n/);
    expect(readFileSync(join(data, "logs", "functions.log"), "utf8")).toContain(
      '"message":"request"',
    );
  });

  it("is refused while it runs in the folder already", async () => {
    const { code, errors } = await refusedStart(data, {});
    expect(code).toBe(1);
    expect(errors).toContain(`in use by process ${pidOf(stack)}`);
    expect((await ask("/health")).status).toBe(200);
  });

  it.each<[string, { args?: string[]; port?: string }, string]>([
    ["a port that is no number", { port: "http" }, "PORT must be a whole number"],
    ["an option it doesn't know", { args: ["--frech"] }, "--fresh, --repair, --data"],
  ])("refuses %s", async (_, options, message) => {
    const { code, errors } = await refusedStart(join(data, "other"), options);
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining(message) });
  });

  it("names a busy port and what to do", async () => {
    const { port } = new URL(stack.apiUrl);
    const { code, errors } = await refusedStart(join(data, "other"), { port });
    expect(code).toBe(1);
    expect(errors).toContain(`Port ${port} is in use`);
    expect(errors).toContain(`PORT=${Number(port) + 1} npm start`);
  });

  it("loses no acknowledged write when all of it is killed", async () => {
    const writing = new MongoClient(stack.mongodbUri, { serverSelectionTimeoutMS: 1_000 });
    const acknowledged: number[] = [];
    const write = async (): Promise<void> => {
      const numbers = writing.db("durability").collection<{ _id: number }>("numbers");
      for (let number = 0; ; number++) {
        await numbers.insertOne({ _id: number }, { writeConcern: { w: "majority" } });
        acknowledged.push(number);
        if (acknowledged.length === 500) {
          for (const pid of family) process.kill(pid, "SIGKILL");
        }
      }
    };
    const family = familyOf(pidOf(stack));
    expect(family.length).toBeGreaterThanOrEqual(3);
    await expect(write()).rejects.toThrow();
    await writing.close();
    await allGone(family);

    const { admin } = stack;
    stack = await startLocalStack(data);
    expect(stack.admin).toEqual(admin);
    const reading = await new MongoClient(stack.mongodbUri).connect();
    const found = await reading
      .db("durability")
      .collection<{ _id: number }>("numbers")
      .distinct("_id");
    await reading.close();
    expect(acknowledged.length).toBeGreaterThanOrEqual(500);
    expect(acknowledged.filter((number) => !found.includes(number))).toEqual([]);
  });

  it("leaves nothing running when the one process that people see is killed", async () => {
    const family = familyOf(pidOf(stack));
    stack.process.kill("SIGKILL");
    await allGone(family);
    stack = await startLocalStack(data);
    expect((await ask("/health")).status).toBe(200);
  });

  it.each(["SIGINT", "SIGHUP", "SIGTERM"] as const)(
    "ends all of it on %s and starts again",
    async (signal) => {
      const family = familyOf(pidOf(stack));
      const exited = once(stack.process, "exit");
      stack.process.kill(signal);
      expect(await exited).toEqual([0, null]);
      await allGone(family);
      expect(existsSync(stackFile)).toBe(false);
      expect(existsSync(join(data, "lock"))).toBe(false);
      stack = await startLocalStack(data, signal === "SIGTERM" ? { args: ["--fresh"] } : {});
    },
  );

  it("began with an empty database after --fresh", async () => {
    const client = await new MongoClient(stack.mongodbUri).connect();
    expect(await client.db("durability").listCollections().toArray()).toEqual([]);
    await client.close();
  });

  it.each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)(
    "ends with npm, which passes no %s on",
    async (signal) => {
      const other = join(data, "through-npm");
      const npm = await startLocalStack(other, { throughNpm: true });
      const family = familyOf(pidOf(npm));
      npm.process.kill(signal);
      await allGone(family);
      expect(existsSync(join(other, "stack.json"))).toBe(false);
    },
  );

  it("ends all of it with an error when a part ends by itself", async () => {
    const family = familyOf(pidOf(stack));
    const exited = once(stack.process, "exit");
    const [, child = 0] = family;
    process.kill(child, "SIGKILL");
    expect(await exited).toEqual([1, null]);
    await allGone(family);
    expect(stack.output()).toMatch(/The local stack ended: .+ ended/);
  });
});
