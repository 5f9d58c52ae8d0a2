import { afterAll, describe, expect, it } from "@jest/globals";
import { collections } from "../../../lib/collections.ts";
import { migrate } from "../../../lib/db/migrate.ts";
import { startUpstream } from "../../../tools/local/upstream/server.ts";
import { ask } from "../../support/ask.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { adminWith, signedInStaff, supportOf } from "../../support/staff.ts";
import { tcpProxy } from "../../support/tcp-proxy.ts";
import { passTenSeconds } from "../../support/time.ts";

const { db, uri, name } = await testDatabase();
await migrate(db, collections);
const serverPort = Number(new URL(uri).port);
let proxy = await tcpProxy(serverPort);
const upstream = await startUpstream({ apiKey: "sk-test" });
afterAll(() => Promise.all([upstream.stop(), proxy.close()]));
const env = {
  MONGODB_URI: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
  MONGODB_DATABASE: name,
  UPSTREAM_URL: `${upstream.url}/v1`,
  UPSTREAM_API_KEY: "sk-test",
};
const health = await loadFunction("admin/health", env);
const stats = await loadFunction("admin/stats", env);
const { token } = await signedInStaff(db, adminWith("system_config"));

/** What the upstream was asked so far. */
async function asked(): Promise<{ body: object }[]> {
  const response = await fetch(`${upstream.url}/requests`);
  return ((await response.json()) as { requests: { body: object }[] }).requests;
}

describe("GET /v1/admin/health", () => {
  it("200: asks the database, and the provider for one token of the cheapest model", async () => {
    const answer = await ask(health, { token });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      status: "healthy",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      database_connected: true,
      database_round_trip_ms: expect.any(Number),
      wapi_accessible: true,
      providers: [{ name: "environment", state: "answers", response_ms: expect.any(Number) }],
    });
    expect((await asked())[0]?.body).toMatchObject({ model: "gpt-4o-mini", max_tokens: 1 });
    expect(JSON.stringify(answer.body)).not.toMatch(/sk-test|127\.0\.0\.1/);
  });

  it("asks again only after 10 s, since each time costs", async () => {
    const before = (await asked()).length;
    await Promise.all([ask(health, { token }), ask(health, { token }), ask(stats, { token })]);
    expect((await asked()).length).toBe(before);
    passTenSeconds();
    await ask(health, { token });
    expect((await asked()).length).toBe(before + 1);
  });

  it("200: is degraded when no provider answers, and says which", async () => {
    const [wrong, none] = [`${upstream.url}/v1`, "http://127.0.0.1:1/v1"];
    const providers = [
      { name: "without a key", url: wrong, models: {}, timeoutSeconds: 5 },
      { name: "nobody", url: none, models: {}, timeoutSeconds: 5 },
    ];
    const settings = db.collection<{ _id: string }>("settings");
    await settings.insertOne({
      _id: "service",
      version: 1,
      value: { providers },
      updatedAt: new Date(),
    } as { _id: string });
    passTenSeconds();
    passTenSeconds();
    expect((await ask(health, { token })).body).toMatchObject({
      status: "degraded",
      wapi_accessible: false,
      providers: [
        { name: "without a key", state: "failed" },
        { name: "nobody", state: "failed" },
      ],
    });
    expect((await ask(stats, { token })).body.data.wapi).toEqual({ accessible: false });
    await settings.deleteMany({});
    passTenSeconds();
    passTenSeconds();
  });
});

describe("GET /v1/admin/stats", () => {
  it("200: says what is stored, and what this process still believes", async () => {
    await ask(stats, { token });
    const settings = db.collection<{ _id: string }>("settings");
    await settings.insertOne({
      _id: "service",
      version: 5,
      value: {},
      updatedAt: new Date(),
    } as { _id: string });
    const seen = async () => (await ask(stats, { token })).body;
    const cache = { settings_version: 5, address_rules: 0, longest_seconds: 10 };
    expect(await seen()).toEqual({
      success: true,
      message: expect.any(String),
      data: {
        cache: { ...cache, settings_version_in_use: 0 },
        wapi: { accessible: true },
        system: { version: expect.any(String) },
      },
    });
    passTenSeconds();
    expect((await seen()).data.cache).toEqual({ ...cache, settings_version_in_use: 5 });
  });
});

describe.each([
  ["health", health],
  ["stats", stats],
])("GET /v1/admin/%s", (_, endpoint) => {
  it("401 and 403: is for admins with system_config alone", async () => {
    expect(await ask(endpoint)).toMatchObject({ status: 401 });
    for (const role of [supportOf("advanced"), adminWith("api_usage")]) {
      const other = await signedInStaff(db, role);
      expect(await ask(endpoint, { token: other.token })).toMatchObject({ status: 403 });
    }
  });

  it("503: the database is gone, and with it the rules by which anybody is let in", async () => {
    await proxy.close();
    passTenSeconds();
    expect(await ask(endpoint, { token })).toMatchObject({
      status: 503,
      body: { code: "DATABASE_UNAVAILABLE" },
    });
    proxy = await tcpProxy(serverPort, proxy.port);
    expect(await ask(endpoint, { token })).toMatchObject({ status: 200 });
  });
});
