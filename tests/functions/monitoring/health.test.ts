import { describe, expect, it } from "@jest/globals";
import { checkHealth } from "../../../lib/monitoring/check-health.ts";
import { apiEvent, lambdaContext } from "../../support/api-event.ts";
import { testDatabase } from "../../support/database.ts";
import { loadFunction } from "../../support/functions.ts";
import { tcpProxy } from "../../support/tcp-proxy.ts";

const { uri, name } = await testDatabase();
const serverPort = Number(new URL(uri).port);
const proxy = await tcpProxy(serverPort);
const health = await loadFunction("monitoring/health", {
  MONGODB_URI: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
  MONGODB_DATABASE: name,
  MAIL_FROM: "noreply@example.com",
  UPSTREAM_URL: "",
});
const ask = () => health(apiEvent({ resource: "/v1/monitoring/health" }), lambdaContext());

describe("GET /v1/monitoring/health", () => {
  it("200: measures the database and says what is configured, without an address or a secret", async () => {
    const answer = await ask();
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      status: "healthy",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      components: {
        database: { status: "healthy", type: "mongodb", round_trip_ms: expect.any(Number) },
        mail: { status: "configured" },
        upstream: { status: "off" },
      },
    });
    expect(answer.body).not.toMatch(/mongodb:|127\.0\.0\.1|example\.com/);
  });

  it.each([
    ["off", []],
    [
      "configured",
      [{ name: "a", url: "https://a", key: async () => "", models: {}, timeoutMs: 1 }],
    ],
  ] as const)(
    "calls models %s by the providers of the settings or the environment",
    async (status, providers) => {
      const database = { run: async () => 1 as never };
      const { components } = await checkHealth({
        database,
        env: { MAIL_FROM: undefined },
        providers: async () => providers,
        version: "1.0.0",
      });
      expect(components).toMatchObject({ mail: { status: "off" }, upstream: { status } });
    },
  );

  it("503: the database is gone, within 5 s, and 200 again when it is back", async () => {
    await ask();
    await proxy.close();
    const startedAt = performance.now();
    const answer = await ask();
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers?.["Retry-After"]).toBe("2");
    expect(JSON.parse(answer.body)).toMatchObject({ code: "DATABASE_UNAVAILABLE", success: false });

    const again = await tcpProxy(serverPort, proxy.port);
    expect((await ask()).statusCode).toBe(200);
    await again.close();
  });
});
